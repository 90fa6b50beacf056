package gpu.kerf.extender.http;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.access.RecordedReviews;
import gpu.kerf.extender.http.Wire.Reply;
import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What stands before the paths of the observers' port. */
class AccessGuardTest {
  private final RecordedReviews reviews = RecordedReviews.ofThreeUsers().knows("mia", "teams");
  private final TestService service = TestService.reviewed(new TwoPaths(), reviews);

  /** One path whose handler looks at the viewer, and one whose author forgot that there is one. */
  private static final class TwoPaths implements Api {
    @Override
    public void addTo(Routes routes, ErrorAnswers refusals, Gate gate) {
      routes.getAsSeen(
          "/api/v1/seen",
          call ->
              HttpService.json(
                  call, 200, Buffer.buffer("" + Viewing.viewer(call).allNamespaces())));
      routes.get("/api/v1/new", call -> HttpService.json(call, 200, Buffer.buffer("all teams")));
      routes.postAsSeen(
          "/api/v1/body",
          call -> call.request().body().onSuccess(body -> HttpService.json(call, 200, body)));
    }

    @Override
    public void start() {}

    @Override
    public void close() {}
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private Reply get(String path, String token) {
    try (Wire wire = new Wire(service.service.observed())) {
      String header = token.isEmpty() ? "" : "Authorization: Bearer " + token + "\n";
      return wire.send("GET " + path + " HTTP/1.1\nHost: x\n" + header + "\n").reply();
    }
  }

  @Test
  void aHandlerIsToldWhatItsClientMaySee() {
    assertThat(get("/api/v1/seen", "admin").body()).isEqualTo("true");
    assertThat(get("/api/v1/seen", "mia").body()).isEqualTo("false");
    assertThat(get("/api/v1/seen", "").status()).isEqualTo(401);
  }

  @Test
  void aPathThatSaysNothingOfViewersIsForAdministrators() {
    assertThat(get("/api/v1/new", "admin").body()).isEqualTo("all teams");
    Reply refused = get("/api/v1/new", "mia");
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.body()).contains("mia", "of all teams");
    assertThat(get("/api/v1/new", "").status()).isEqualTo(401);
  }

  @Test
  void aBodyThatArrivesBeforeTheReviewIsNotLost() {
    var pods = reviews.hold("admin: pods in");
    try (Wire wire = new Wire(service.service.observed())) {
      wire.send(
          "POST /api/v1/body HTTP/1.1\nHost: x\nAuthorization: Bearer admin\n"
              + "Content-Length: 5\n\nhello");
      pods.complete(true);
      assertThat(wire.reply().body()).isEqualTo("hello");
    }
  }

  @Test
  void aRefusedClientMayGoOnOnItsConnection() {
    try (Wire wire = new Wire(service.service.observed())) {
      String request = "GET /api/v1/seen HTTP/1.1\nHost: x\n";
      assertThat(wire.send(request + "\n").reply().status()).isEqualTo(401);
      String token = "Authorization: Bearer admin\n\n";
      assertThat(wire.send(request + token).reply().status()).isEqualTo(200);
    }
  }
}
