package gpu.kerf.extender.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;

/**
 * A foreign webhook, called after Kerf's, that puts a container of its own into every pod, as
 * service meshes do.
 */
final class Injector extends ForeignWebhook {
  /** The name of its container. */
  static final String PROXY = "proxy";

  private static final String PATCH =
      "[{\"op\":\"add\",\"path\":\"/spec/containers/-\","
          + "\"value\":{\"name\":\"proxy\",\"image\":\"mesh\"}}]";

  Injector(Path folder) {
    super(folder, "injector");
  }

  @Override
  void answer(JsonNode request, ObjectNode response) {
    if (request.at("/object/spec/containers").findValuesAsText("name").stream()
        .noneMatch(PROXY::equals)) {
      response.put("patchType", "JSONPatch");
      response.put(
          "patch", Base64.getEncoder().encodeToString(PATCH.getBytes(StandardCharsets.UTF_8)));
    }
  }

  /** What the API server is told: by its name it comes after Kerf's. */
  String manifest() {
    return """
    apiVersion: admissionregistration.k8s.io/v1
    kind: MutatingWebhookConfiguration
    metadata: {name: mesh}
    webhooks:
    - name: inject.mesh.example
      clientConfig: %s
      rules:
      - {apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE], scope: Namespaced}
      objectSelector: {matchLabels: {mesh: "yes"}}
      failurePolicy: Fail
      sideEffects: None
      admissionReviewVersions: [v1]
    """
        .formatted(clientConfig());
  }
}
