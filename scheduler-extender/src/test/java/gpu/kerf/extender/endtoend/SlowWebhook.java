package gpu.kerf.extender.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** A foreign webhook that allows every Binding, some seconds after it was asked. */
final class SlowWebhook extends ForeignWebhook {
  private final Duration pause;

  SlowWebhook(Path folder, Duration pause) {
    super(folder, "slow");
    this.pause = pause;
  }

  @Override
  void answer(JsonNode request, ObjectNode response) {
    LockSupport.parkNanos(pause.toNanos());
  }

  /** What the API server is told. */
  String manifest() {
    return """
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingWebhookConfiguration
    metadata: {name: slow}
    webhooks:
    - name: slow.example.com
      clientConfig: %s
      rules:
      - {apiGroups: [""], apiVersions: [v1], resources: [pods/binding], operations: [CREATE]}
      timeoutSeconds: 30
      failurePolicy: Fail
      sideEffects: None
      admissionReviewVersions: [v1]
    """
        .formatted(clientConfig());
  }
}
