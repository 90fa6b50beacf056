package gpu.kerf.extender.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Against a socket that answers what a test has written down. */
class HttpConnectionTest {

  private static final String OK = "HTTP/1.1 200 OK\r\n";

  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final ServerSocket server = open();

  private static ServerSocket open() {
    try {
      return new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  @Test
  void anAnswerOfKnownLengthIsReadAndTheConnectionKept() throws IOException {
    answer(List.of(OK + "content-length: 2\r\n\r\nhi", OK + "Content-Length:3\r\n\r\nyou"));
    try (HttpConnection connection = connection("/base/", 5_000)) {
      assertThat(connection.post("/filter", new byte[] {'{', '}'}, 2)).isEqualTo(200);
      assertThat(connection.text()).isEqualTo("hi");
      assertThat(connection.get("/x")).isEqualTo(200);
      assertThat(connection.text()).isEqualTo("you");
    }
    assertThat(requests.get(0))
        .startsWith("POST /base/filter HTTP/1.1|Host: 127.0.0.1:")
        .contains("|Content-Type: application/json|Content-Length: 2|");
    assertThat(requests.get(1)).startsWith("GET /base/x HTTP/1.1|");
  }

  @Test
  void chunksAreJoined() throws IOException {
    answer(List.of(OK + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3;x=y\r\ncde\r\n0\r\n\r\n"));
    try (HttpConnection connection = connection("", 5_000)) {
      assertThat(connection.get("/")).isEqualTo(200);
      assertThat(connection.text()).isEqualTo("abcde");
    }
  }

  @Test
  void anAnswerThatEndsWithTheConnectionIsReadToItsEnd() throws IOException {
    answer(List.of("HTTP/1.0 503 no\r\n\r\nbusy"));
    try (HttpConnection connection = connection("", 5_000)) {
      assertThat(connection.get("/")).isEqualTo(503);
      assertThat(connection.text()).isEqualTo("busy");
    }
  }

  @Test
  void aConnectionThatTheServerClosedIsOpenedAgain() throws IOException {
    answer(List.of(OK + "Content-Length: 1\r\n\r\na"), List.of(OK + "Content-Length: 1\r\n\r\nb"));
    try (HttpConnection connection = connection("", 5_000)) {
      connection.get("/");
      connection.get("/");
      assertThat(connection.text()).isEqualTo("b");
    }
    assertThat(requests).hasSize(2);
  }

  @Test
  void halfAnAnswerIsAnErrorAndNotAskedForAgain() {
    answer(List.of(OK + "Content-Length: 10\r\n\r\nhalf"), List.of(OK));
    try (HttpConnection connection = connection("", 5_000)) {
      assertThatThrownBy(() -> connection.get("/")).hasMessageContaining("middle of an answer");
      assertThat(requests).hasSize(1);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatIsNoHttpIsRefused() {
    answer(List.of("SSH-2.0-OpenSSH_9.6\r\n"));
    try (HttpConnection connection = connection("", 5_000)) {
      assertThatThrownBy(() -> connection.get("/"))
          .hasMessageContaining("does not speak HTTP/1.1: SSH-2.0");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    assertThatThrownBy(() -> new HttpConnection(URI.create("ftp://x"), 1))
        .hasMessageContaining("The URL (ftp://x)");
  }

  @Test
  void whoSaysNothingIsNotWaitedForForEver() {
    answer(List.of(""));
    try (HttpConnection connection = connection("", 100)) {
      assertThatThrownBy(() -> connection.get("/")).isInstanceOf(SocketTimeoutException.class);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private HttpConnection connection(String path, int timeout) {
    return new HttpConnection(
        URI.create("http://127.0.0.1:" + server.getLocalPort() + path), timeout);
  }

  /** Answers, one list per connection; an empty answer leaves the caller waiting. */
  @SafeVarargs
  private void answer(List<String>... connections) {
    Thread thread =
        new Thread(
            () -> {
              for (List<String> answers : connections) {
                serve(answers);
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  private void serve(List<String> answers) {
    try (Socket socket = server.accept();
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))) {
      for (String answer : answers) {
        readRequest(in);
        socket.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
        if (answer.isEmpty()) {
          in.read();
        }
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  private void readRequest(BufferedReader in) throws IOException {
    StringBuilder request = new StringBuilder();
    int length = 0;
    for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
      request.append(line).append('|');
      if (line.startsWith("Content-Length: ")) {
        length = Integer.parseInt(line.substring(16));
      }
    }
    for (int i = 0; i < length; i++) {
      in.read();
    }
    requests.add(request.toString());
  }
}
