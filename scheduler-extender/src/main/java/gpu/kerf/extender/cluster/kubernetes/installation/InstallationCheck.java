package gpu.kerf.extender.cluster.kubernetes.installation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.MissingPart;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.team.TeamSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Asks the API server for everything that Kerf needs of it: the rights of Kerf's account one by
 * one, and the objects of the manifests. It asks for no object before it knows that it may, so that
 * an audit log of the cluster has no request that was forbidden.
 */
public final class InstallationCheck {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  private static final String POLICY_API = "/apis/admissionregistration.k8s.io/v1";
  private static final int NOT_FOUND = 404;

  private final Installation installation;

  public InstallationCheck(Installation installation) {
    this.installation = installation;
  }

  /**
   * Everything that is missing, in the order in which it should be put right.
   *
   * @throws IOException if the API server does not answer
   */
  public List<MissingPart> look(ApiServer server) throws IOException {
    List<MissingPart> missing = new ArrayList<>();
    Set<String> groups = groups(server);
    boolean teams =
        groups.contains(installation.teams() == TeamSource.KERF ? "kerf.gpu" : "scheduling.run.ai");
    for (NeededRight right : NeededRight.of(installation, teams)) {
      // What a cluster has no kind for is not needed there.
      if (right.group().isEmpty() || groups.contains(right.group())) {
        may(server, right, missing);
      }
    }
    if (installation.kueue() && !groups.contains("kueue.x-k8s.io")) {
      missing.add(
          new MissingPart(
              "The API server has no Workloads of Kueue, and kueue.enabled is true.",
              "Install Kueue, or leave the component kueue out."));
    }
    boolean policies = hasPolicies(server);
    if (!policies) {
      missing.add(
          new MissingPart(
              "The API server has no ValidatingAdmissionPolicy, so users can write Kerf's decisions"
                  + " on pods.",
              "Kerf needs Kubernetes 1.30 or newer."));
    }
    findAll(server, policies, missing);
    return missing;
  }

  private void findAll(ApiServer server, boolean policies, List<MissingPart> missing)
      throws IOException {
    // A policy is one thing with its binding, which comes after it.
    String absentPolicy = "";
    for (NeededObject object : NeededObject.of(installation)) {
      boolean told = object.isPolicy() && (!policies || object.name().equals(absentPolicy));
      if (!told
          && may(server, object.right(), missing)
          && !find(server, object, missing)
          && object.isPolicy()) {
        absentPolicy = object.name();
      }
    }
  }

  private static Set<String> groups(ApiServer server) throws IOException {
    Set<String> names = new HashSet<>();
    get(server, "/apis").path("groups").forEach(group -> names.add(group.path("name").asText()));
    return names;
  }

  private static boolean hasPolicies(ApiServer server) throws IOException {
    for (JsonNode resource : get(server, POLICY_API).path("resources")) {
      if (resource.path("name").asText().equals("validatingadmissionpolicies")) {
        return true;
      }
    }
    return false;
  }

  private static JsonNode get(ApiServer server, String path) throws IOException {
    return ok(server.send(ApiRequest.get(path, Map.of()))).json();
  }

  private static ApiReply ok(ApiReply reply) throws IOException {
    if (!reply.ok()) {
      throw new IOException(reply.problem());
    }
    return reply;
  }

  /** Whether the account has the right with all of its verbs; a right that it lacks is added. */
  private static boolean may(ApiServer server, NeededRight right, List<MissingPart> missing)
      throws IOException {
    List<String> denied = new ArrayList<>();
    for (String verb : right.verbs()) {
      if (!may(server, right, verb)) {
        denied.add(verb);
      }
    }
    if (denied.isEmpty()) {
      return true;
    }
    missing.add(
        new MissingPart(
            "Kerf may not %s %s, so %s."
                .formatted(String.join(" and ", denied), right.object(), right.without()),
            "Apply %s of this version.".formatted(right.file())));
    return false;
  }

  private static boolean may(ApiServer server, NeededRight right, String verb) throws IOException {
    ObjectNode review = JSON.createObjectNode();
    review.put("apiVersion", "authorization.k8s.io/v1").put("kind", "SelfSubjectAccessReview");
    String[] parts = right.resource().split("/", 2);
    review
        .putObject("spec")
        .putObject("resourceAttributes")
        .put("group", right.group())
        .put("resource", parts[0])
        .put("subresource", parts.length > 1 ? parts[1] : "")
        .put("verb", verb)
        .put("namespace", right.namespace())
        .put("name", right.name());
    ApiReply reply = ok(server.send(ApiRequest.post(REVIEWS, review.toString())));
    return reply.json().at("/status/allowed").asBoolean();
  }

  /** Whether it is there; it may still be of no use, and that is added. */
  private static boolean find(ApiServer server, NeededObject object, List<MissingPart> missing)
      throws IOException {
    ApiReply reply = server.send(ApiRequest.get(object.path(), Map.of()));
    if (reply.status() == NOT_FOUND) {
      missing.add(
          new MissingPart(
              "There is no %s %s, so %s.".formatted(object.kind(), object.name(), object.without()),
              object.hint()));
      return false;
    }
    if (object.isWebhook() && !isTrusted(ok(reply).json())) {
      missing.add(
          new MissingPart(
              "The %s %s has no caBundle, so pods of Kerf's scheduler cannot be created."
                  .formatted(object.kind(), object.name()),
              "Kerf writes it if certificates.make is true; else look at cert-manager's"
                  + " injector."));
    }
    return true;
  }

  private static boolean isTrusted(JsonNode configuration) {
    for (JsonNode webhook : configuration.path("webhooks")) {
      if (webhook.at("/clientConfig/caBundle").asText("").isEmpty()) {
        return false;
      }
    }
    return true;
  }
}
