package gpu.kerf.extender.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiStream;
import gpu.kerf.extender.cluster.kubernetes.calling.JvmThreads;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.team.TeamSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Reviews with answers as a kube-apiserver of 1.36 gave them. */
class ApiServerReviewsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String AUTHENTICATED =
      """
      {"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","metadata":{},"spec":{"token":"t"},
       "status":{"authenticated":true,"user":{"username":"system:serviceaccount:research:rita",
         "uid":"7a0b","groups":["system:serviceaccounts","system:serviceaccounts:research",
         "system:authenticated"],"extra":{"authentication.kubernetes.io/credential-id":["JTI=1"]}},
         "audiences":["https://kubernetes.default.svc"]}}
      """;
  private static final String UNKNOWN =
      """
      {"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","metadata":{},"spec":{"token":"t"},
       "status":{"user":{},"error":"[invalid bearer token, square/go-jose: error in cryptographic primitive]"}}
      """;
  private static final String FORBIDDEN =
      """
      {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","reason":"Forbidden","code":403,
       "message":"tokenreviews.authentication.k8s.io is forbidden: User \\"kerf\\" cannot create resource"}
      """;
  private static final UserInfo RITA =
      new UserInfo(
          "system:serviceaccount:research:rita",
          "7a0b",
          List.of(
              "system:serviceaccounts", "system:serviceaccounts:research", "system:authenticated"),
          Map.of("authentication.kubernetes.io/credential-id", List.of("JTI=1")));

  private final Recorded server = new Recorded();
  private final RequestPool calls = new RequestPool(server, new JvmThreads(), 1, "test-review");
  private final ApiServerReviews reviews = new ApiServerReviews(calls);

  private static final class Recorded implements ApiServer {
    private final List<ApiRequest> requests = new CopyOnWriteArrayList<>();
    private volatile int status = 201;
    private volatile String body = "";

    @Override
    public String address() {
      return "https://recorded";
    }

    @Override
    public ApiReply send(ApiRequest request) {
      requests.add(request);
      return new ApiReply(status, body.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public ApiReply send(ApiRequest request, Duration limit) {
      return send(request);
    }

    @Override
    public ApiStream stream(ApiRequest request) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Duration silence() {
      return Duration.ofSeconds(1);
    }

    @Override
    public void close() {}
  }

  @AfterEach
  void stop() {
    calls.close();
  }

  private static <T> T value(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private JsonNode sent() throws IOException {
    return JSON.readTree(server.requests.get(server.requests.size() - 1).body());
  }

  @Test
  void aTokenIsReviewedAndItsUserRead() throws Exception {
    server.body = AUTHENTICATED;
    assertThat(value(reviews.user("secret"))).contains(RITA);
    assertThat(server.requests.get(0).path())
        .isEqualTo("/apis/authentication.k8s.io/v1/tokenreviews");
    assertThat(sent().at("/kind").asText()).isEqualTo("TokenReview");
    assertThat(sent().at("/spec/token").asText()).isEqualTo("secret");
  }

  @Test
  void aTokenThatTheApiServerDoesNotKnowHasNoUser() throws Exception {
    server.body = UNKNOWN;
    assertThat(value(reviews.user("secret"))).isEqualTo(Optional.empty());
  }

  @Test
  void aRightIsReviewedWithAllThatTheTokenSaidOfTheUser() throws Exception {
    server.body = "{\"status\":{\"allowed\":true,\"reason\":\"RBAC: allowed by RoleBinding\"}}";
    assertThat(value(reviews.may(RITA, AccessQuestion.pods("research")))).isTrue();
    assertThat(sent().path("spec"))
        .isEqualTo(
            JSON.readTree(
                """
                {"user":"system:serviceaccount:research:rita","uid":"7a0b",
                 "groups":["system:serviceaccounts","system:serviceaccounts:research","system:authenticated"],
                 "extra":{"authentication.kubernetes.io/credential-id":["JTI=1"]},
                 "resourceAttributes":
                   {"verb":"get","group":"","resource":"pods","namespace":"research","name":""}}
                """));
  }

  @Test
  void aTeamIsAskedForByItsNameAndMetricsByTheirPath() throws Exception {
    server.body = "{\"status\":{\"allowed\":false}}";
    assertThat(value(reviews.may(RITA, AccessQuestion.team(TeamSource.KERF, "fraud")))).isFalse();
    assertThat(sent().at("/spec/resourceAttributes").toString())
        .isEqualTo(
            "{\"verb\":\"get\",\"group\":\"kerf.gpu\",\"resource\":\"teams\",\"namespace\":\"\",\"name\":\"fraud\"}");
    assertThat(value(reviews.may(RITA, AccessQuestion.path("/metrics")))).isFalse();
    assertThat(sent().at("/spec/nonResourceAttributes").toString())
        .isEqualTo("{\"path\":\"/metrics\",\"verb\":\"get\"}");
    assertThat(sent().path("spec").has("resourceAttributes")).isFalse();
  }

  @Test
  void anAnswerThatIsNoneFailsWithTheApiServersWords() {
    server.status = 403;
    server.body = FORBIDDEN;
    assertThat(reviews.user("secret").toCompletableFuture())
        .failsWithin(Duration.ofSeconds(60))
        .withThrowableOfType(ExecutionException.class)
        .withMessageContaining("tokenreviews.authentication.k8s.io is forbidden");
  }

  @Test
  void anAnswerWithoutAVerdictAllowsNothing() throws Exception {
    server.body = "{}";
    assertThat(value(reviews.may(RITA, AccessQuestion.pods("")))).isFalse();
    assertThat(value(reviews.user("secret"))).isEmpty();
  }
}
