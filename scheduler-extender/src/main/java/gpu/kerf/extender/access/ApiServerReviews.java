package gpu.kerf.extender.access;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Reviews by the API server. They need the role {@code kerf-access}. */
public final class ApiServerReviews implements AccessReviews {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TOKENS = "/apis/authentication.k8s.io/v1/tokenreviews";
  private static final String ACCESS = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
  private static final String VERB = "get";

  /** A token for this audience opens Kerf alone. */
  private static final String AUDIENCE = "kerf.gpu";

  private final RequestPool calls;

  /**
   * @param calls has no other use, so that clients who look hold up no binding
   */
  public ApiServerReviews(RequestPool calls) {
    this.calls = calls;
  }

  /** A token for the API server, or one that was made for Kerf alone. */
  @Override
  public CompletionStage<Optional<UserInfo>> user(String token) {
    return calls.start(
        server -> {
          Optional<UserInfo> user = user(status(server, TOKENS, tokenReview(token)));
          if (user.isPresent()) {
            return user;
          }
          ObjectNode ownReview = tokenReview(token);
          ownReview.withObject("/spec").putArray("audiences").add(AUDIENCE);
          JsonNode status = status(server, TOKENS, ownReview);
          return texts(status.path("audiences")).contains(AUDIENCE)
              ? user(status)
              : Optional.empty();
        });
  }

  private static ObjectNode tokenReview(String token) {
    ObjectNode review = review("authentication.k8s.io/v1", "TokenReview");
    review.putObject("spec").put("token", token);
    return review;
  }

  @Override
  public CompletionStage<Boolean> may(UserInfo user, AccessQuestion question) {
    ObjectNode review = review("authorization.k8s.io/v1", "SubjectAccessReview");
    ObjectNode spec = review.putObject("spec").put("user", user.username()).put("uid", user.uid());
    user.groups().forEach(spec.putArray("groups")::add);
    ObjectNode extra = spec.putObject("extra");
    user.extra().forEach((key, values) -> values.forEach(extra.putArray(key)::add));
    put(spec, question);
    return calls.start(server -> status(server, ACCESS, review).path("allowed").asBoolean());
  }

  private static void put(ObjectNode spec, AccessQuestion question) {
    if (!question.path().isEmpty()) {
      spec.putObject("nonResourceAttributes").put("path", question.path()).put("verb", VERB);
      return;
    }
    spec.putObject("resourceAttributes")
        .put("verb", VERB)
        .put("group", question.group())
        .put("resource", question.resource())
        .put("namespace", question.namespace())
        .put("name", question.name());
  }

  private static ObjectNode review(String version, String kind) {
    return JSON.createObjectNode().put("apiVersion", version).put("kind", kind);
  }

  private static JsonNode status(ApiServer server, String path, ObjectNode review)
      throws IOException {
    ApiReply reply = server.send(ApiRequest.post(path, review.toString()));
    if (!reply.ok()) {
      throw new IOException(reply.problem());
    }
    return reply.json().path("status");
  }

  private static Optional<UserInfo> user(JsonNode status) {
    JsonNode user = status.path("user");
    String name = user.path("username").asText("");
    if (!status.path("authenticated").asBoolean() || name.isEmpty()) {
      return Optional.empty();
    }
    Map<String, List<String>> extra = new HashMap<>();
    user.path("extra").properties().forEach(e -> extra.put(e.getKey(), texts(e.getValue())));
    String uid = user.path("uid").asText("");
    return Optional.of(new UserInfo(name, uid, texts(user.path("groups")), extra));
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(each.asText()));
    return texts;
  }
}
