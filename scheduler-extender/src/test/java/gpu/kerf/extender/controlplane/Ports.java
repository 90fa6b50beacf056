package gpu.kerf.extender.controlplane;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Free ports for servers. They lie below those that the system gives to outgoing connections: a
 * server that stops and starts again finds its port as it left it.
 */
public final class Ports {
  private static final int FIRST = 20_000;
  private static final int END = 30_000;

  private Ports() {}

  public static int free() {
    for (int attempt = 0; attempt < 1_000; attempt++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (IOException taken) {
        // The next one may be free.
      }
    }
    throw new IllegalStateException("No free port between " + FIRST + " and " + END + ".");
  }
}
