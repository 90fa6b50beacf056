package gpu.kerf.extender.controlplane;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Hands connections to one address on to a port of loopback. */
final class Relay implements AutoCloseable {
  private final ServerSocket server;
  private final int target;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "relay");
            thread.setDaemon(true);
            return thread;
          });

  private Relay(ServerSocket server, int target) {
    this.server = server;
    this.target = target;
  }

  static Relay start(String address, int target) {
    try {
      ServerSocket server = new ServerSocket();
      server.bind(new InetSocketAddress(address, 0));
      Relay relay = new Relay(server, target);
      relay.threads.execute(relay::accept);
      return relay;
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  int port() {
    return server.getLocalPort();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket here = server.accept();
        threads.execute(() -> connect(here));
      } catch (IOException closed) {
        // The loop ends, or the next one comes.
      }
    }
  }

  private void connect(Socket here) {
    try {
      Socket there = new Socket(InetAddress.getLoopbackAddress(), target);
      threads.execute(() -> copy(there, here));
      copy(here, there);
    } catch (IOException nobody) {
      close(here);
    }
  }

  private static void copy(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException broken) {
      // Both ends learn it below.
    } finally {
      close(from);
      close(to);
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException closed) {
      // It is.
    }
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException closed) {
      // It is.
    }
    threads.shutdownNow();
  }
}
