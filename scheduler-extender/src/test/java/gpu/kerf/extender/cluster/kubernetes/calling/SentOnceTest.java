package gpu.kerf.extender.cluster.kubernetes.calling;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.cluster.Binding;
import gpu.kerf.extender.cluster.kubernetes.writing.Binder;
import gpu.kerf.extender.wire.PodView;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An API server that swallows the first Binding and cuts the connection. */
class SentOnceTest {
  @TempDir Path folder;
  private final List<String> requests = new CopyOnWriteArrayList<>();

  private void serve(ServerSocket listener) {
    while (!listener.isClosed()) {
      try (Socket socket = listener.accept()) {
        answer(socket);
      } catch (IOException e) {
        // the client went, or the test is over
      }
    }
  }

  private void answer(Socket socket) throws IOException {
    BufferedReader in =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String request = line.substring(0, line.indexOf(' '));
      requests.add(request);
      int length = 0;
      for (line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
        if (line.startsWith("Content-Length: ")) {
          length = Integer.parseInt(line.substring("Content-Length: ".length()));
        }
      }
      in.skip(length);
      if (request.equals("POST")) {
        return;
      }
      socket
          .getOutputStream()
          .write(
              "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".getBytes(StandardCharsets.US_ASCII));
    }
  }

  @Test
  void aBindingWhoseConnectionBreaksIsNotSentAgain() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread thread = new Thread(() -> serve(listener));
      thread.setDaemon(true);
      thread.start();
      Path kubeconfig = folder.resolve("kubeconfig");
      Files.writeString(
          kubeconfig,
          """
          apiVersion: v1
          kind: Config
          current-context: fake
          contexts: [{name: fake, context: {cluster: fake, user: fake}}]
          clusters: [{name: fake, cluster: {server: "http://127.0.0.1:%d"}}]
          users: [{name: fake, user: {token: secret}}]
          """
              .formatted(listener.getLocalPort()));
      Duration patience = Duration.ofSeconds(5);
      try (ApiServer server =
          new Access(Map.of(), folder)
              .connect(kubeconfig.toString(), new Access.Patience(patience, patience))) {
        assertThat(server.send(ApiRequest.get("/api/v1/nodes", Map.of())).ok()).isTrue();
        Binding binding = new Binding(new PodView.Ref("ml", "p", "1"), "a", Map.of());
        assertThat(Binder.bind(server, binding).kind()).isEqualTo(BindResult.Kind.UNKNOWN);
      }
      assertThat(requests).containsExactly("GET", "POST");
    }
  }
}
