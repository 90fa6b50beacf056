package gpu.kerf.extender.http;

import gpu.kerf.extender.Await;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A connection on which a test writes HTTP byte by byte, for what no client library would send. */
final class Wire implements Closeable {
  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;

  /** An answer as it came. */
  record Reply(int status, Map<String, String> headers, String body) {}

  Wire(int port) {
    this(open(port));
  }

  Wire(Socket socket) {
    try {
      this.socket = socket;
      socket.setSoTimeout((int) Await.LONG.toMillis());
      in = socket.getInputStream();
      out = socket.getOutputStream();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static Socket open(int port) {
    try {
      return new Socket(InetAddress.getLoopbackAddress(), port);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** Writes lines of a head, or a body; every line ends in CRLF here. */
  Wire send(String text) {
    try {
      out.write(text.replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
      return this;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  Wire post(String path, String body) {
    return send(
        "POST "
            + path
            + " HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: "
            + body.length()
            + "\n\n"
            + body);
  }

  Reply reply() {
    try {
      String[] status = line().split(" ", 3);
      Map<String, String> headers = new TreeMap<>();
      for (String line = line(); !line.isEmpty(); line = line()) {
        int colon = line.indexOf(':');
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
      int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
      String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
      return new Reply(Integer.parseInt(status[1]), headers, body);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    int c = in.read();
    while (c != '\n') {
      if (c < 0) {
        throw new IOException("The connection was closed after \"" + line + "\".");
      }
      line.append((char) c);
      c = in.read();
    }
    return line.toString().strip();
  }

  /** Whether the peer closes the connection; waits for that. */
  boolean isClosedByPeer() {
    try {
      return in.read() < 0;
    } catch (java.net.SocketTimeoutException open) {
      return false;
    } catch (IOException reset) {
      return true;
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
