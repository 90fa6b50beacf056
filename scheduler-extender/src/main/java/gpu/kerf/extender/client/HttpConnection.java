package gpu.kerf.extender.client;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1.1 connection that is kept alive and opened again when the other side has closed it.
 *
 * <p>The request leaves in one write and the answer is read into a buffer that is used again, so
 * that a call allocates next to nothing and what is measured is the other side. One thread at a
 * time.
 */
public final class HttpConnection implements Closeable {

  private static final int LONGEST_LINE = 8192;
  private static final int LONGEST_BODY = 1 << 28;
  private static final byte[] LENGTH = ascii("Content-Length: ");

  private final URI base;
  private final int timeoutMillis;
  private final byte[] host;
  private byte[] request = new byte[1024];
  private byte[] body = new byte[4096];
  private final byte[] line = new byte[LONGEST_LINE];
  private int lineLength;
  private int bodyLength;
  private boolean answered;
  private boolean closing;
  private @Nullable Socket socket;
  private @Nullable InputStream in;
  private @Nullable OutputStream out;

  public HttpConnection(URI base, int timeoutMillis) {
    boolean http = "http".equals(base.getScheme()) || "https".equals(base.getScheme());
    if (!http || base.getHost() == null) {
      throw new IllegalArgumentException(
          "The URL (" + base + ") is not one of HTTP.\nMaybe http://127.0.0.1:8880.");
    }
    this.base = base;
    this.timeoutMillis = timeoutMillis;
    this.host = ascii(" HTTP/1.1\r\nHost: " + base.getRawAuthority() + "\r\n");
  }

  /** Sends a JSON document and reads the answer; the status. */
  public int post(String path, byte[] json, int length) throws IOException {
    return call("POST", path, json, length);
  }

  public int get(String path) throws IOException {
    return call("GET", path, new byte[0], 0);
  }

  private int call(String method, String path, byte[] json, int length) throws IOException {
    int size = fill(method, path, json, length);
    boolean fresh = socket == null;
    try {
      return exchange(size);
    } catch (EOFException e) {
      // Only where not one byte of an answer came may the call be made again.
      close();
      if (fresh || answered) {
        throw e;
      }
      return exchange(size);
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  private int fill(String method, String path, byte[] json, int length) {
    String prefix = base.getRawPath() == null ? "" : base.getRawPath().replaceAll("/+$", "");
    byte[] start = ascii(method + " " + prefix + path);
    byte[] type = length == 0 ? new byte[0] : ascii("Content-Type: application/json\r\n");
    byte[] number = ascii(length + "\r\n\r\n");
    int most = start.length + host.length + type.length + LENGTH.length + number.length + length;
    if (request.length < most) {
      request = new byte[Math.max(most, request.length * 2)];
    }
    int at = 0;
    for (byte[] part : new byte[][] {start, host, type, LENGTH, number}) {
      System.arraycopy(part, 0, request, at, part.length);
      at += part.length;
    }
    System.arraycopy(json, 0, request, at, length);
    return at + length;
  }

  private int exchange(int size) throws IOException {
    answered = false;
    connect();
    OutputStream to = out;
    InputStream from = in;
    if (to == null || from == null) {
      throw new IOException("The connection is closed.");
    }
    to.write(request, 0, size);
    to.flush();
    int status = readHead(from);
    if (closing) {
      close();
    }
    return status;
  }

  private void connect() throws IOException {
    if (socket != null) {
      return;
    }
    boolean tls = "https".equals(base.getScheme());
    int port = base.getPort() > 0 ? base.getPort() : tls ? 443 : 80;
    Socket plain = new Socket();
    plain.setTcpNoDelay(true);
    plain.setSoTimeout(timeoutMillis);
    plain.connect(new InetSocketAddress(base.getHost(), port), timeoutMillis);
    socket =
        tls
            ? ((SSLSocketFactory) SSLSocketFactory.getDefault())
                .createSocket(plain, base.getHost(), port, true)
            : plain;
    in = new BufferedInputStream(socket.getInputStream(), 65536);
    out = socket.getOutputStream();
  }

  private int readHead(InputStream from) throws IOException {
    int status;
    do {
      readLine(from);
      status = status();
      readHeaders(from, status);
    } while (status == 100);
    return status;
  }

  private int status() throws IOException {
    int status = lineLength < 12 ? 0 : Math.max(0, digit(9) * 100 + digit(10) * 10 + digit(11));
    if (!headerIs("http/1.") || status < 100) {
      throw new IOException(
          "The answer does not speak HTTP/1.1: "
              + new String(line, 0, lineLength, StandardCharsets.ISO_8859_1));
    }
    closing = line[7] == '0';
    return status;
  }

  private int digit(int at) {
    int digit = line[at] - '0';
    return digit < 0 || digit > 9 ? -1000 : digit;
  }

  private void readHeaders(InputStream from, int status) throws IOException {
    int length = -1;
    boolean chunked = false;
    for (readLine(from); lineLength > 0; readLine(from)) {
      if (headerIs("content-length:")) {
        length = number(15);
      } else if (headerIs("transfer-encoding:")) {
        chunked = value(18).contains("chunked");
      } else if (headerIs("connection:")) {
        closing |= value(11).contains("close");
      }
    }
    bodyLength = 0;
    if (chunked) {
      readChunks(from);
    } else if (length >= 0) {
      readBody(from, length);
    } else if (status != 100 && status != 204) {
      readToEnd(from);
    }
  }

  private boolean headerIs(String name) {
    if (lineLength < name.length()) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      if (Character.toLowerCase((char) line[i]) != name.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private String value(int from) {
    String text = new String(line, from, lineLength - from, StandardCharsets.ISO_8859_1);
    return text.strip().toLowerCase(Locale.ROOT);
  }

  private int number(int from) throws IOException {
    String text = value(from);
    if (!text.matches("[0-9]{1,9}") || Integer.parseInt(text) > LONGEST_BODY) {
      throw new IOException("The answer's Content-Length (" + text + ") is not usable.");
    }
    return Integer.parseInt(text);
  }

  private void readChunks(InputStream from) throws IOException {
    while (true) {
      readLine(from);
      String text = value(0).replaceAll(";.*", "").strip();
      if (!text.matches("[0-9a-f]{1,7}")) {
        throw new IOException("The answer has a chunk of size (" + text + ").");
      }
      int size = Integer.parseInt(text, 16);
      readBody(from, size);
      readLine(from);
      if (size == 0) {
        while (lineLength > 0) {
          readLine(from);
        }
        return;
      }
    }
  }

  private void readBody(InputStream from, int length) throws IOException {
    if ((long) bodyLength + length > LONGEST_BODY) {
      throw new IOException("The answer is longer than " + LONGEST_BODY + " bytes.");
    }
    reserve(length);
    if (from.readNBytes(body, bodyLength, length) < length) {
      throw new IOException("The connection ended in the middle of an answer.");
    }
    bodyLength += length;
  }

  private void readToEnd(InputStream from) throws IOException {
    closing = true;
    while (true) {
      reserve(4096);
      int read = from.read(body, bodyLength, body.length - bodyLength);
      if (read < 0) {
        return;
      }
      bodyLength += read;
    }
  }

  private void reserve(int more) {
    if (bodyLength + more > body.length) {
      body = Arrays.copyOf(body, Math.max(bodyLength + more, body.length * 2));
    }
  }

  private void readLine(InputStream from) throws IOException {
    lineLength = 0;
    for (int read = from.read(); read != '\n'; read = from.read()) {
      if (read < 0) {
        throw new EOFException("The connection was closed instead of an answer.");
      }
      if (lineLength == LONGEST_LINE) {
        throw new IOException("The answer has a header longer than " + LONGEST_LINE + " bytes.");
      }
      line[lineLength++] = (byte) read;
      answered = true;
    }
    if (lineLength > 0 && line[lineLength - 1] == '\r') {
      lineLength--;
    }
  }

  /** The body of the last answer; valid until the next call, up to {@link #length}. */
  public byte[] body() {
    return body;
  }

  public int length() {
    return bodyLength;
  }

  /** The body of the last answer as text. */
  public String text() {
    return new String(body, 0, bodyLength, StandardCharsets.UTF_8);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public void close() throws IOException {
    Socket open = socket;
    socket = null;
    in = null;
    out = null;
    if (open != null) {
      open.close();
    }
  }
}
