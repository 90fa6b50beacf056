package gpu.kerf.extender.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HttpServiceTest {

  @Test
  void itAnswersThatItsLoopTurns() throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      HttpServerOptions options = new HttpServerOptions().setHost("127.0.0.1").setPort(0);
      int port =
          new HttpService(vertx, options)
              .start()
              .toCompletionStage()
              .toCompletableFuture()
              .get(30, TimeUnit.SECONDS)
              .actualPort();
      URI uri = URI.create("http://127.0.0.1:" + port + "/healthz");
      assertThat(
              HttpClient.newHttpClient()
                  .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                  .statusCode())
          .isEqualTo(200);
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
  }
}
