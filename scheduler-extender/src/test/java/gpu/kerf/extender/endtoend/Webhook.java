package gpu.kerf.extender.endtoend;

import gpu.kerf.extender.controlplane.Ports;
import gpu.kerf.extender.http.TestCertificate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;

/** The webhook of a Kerf on this machine, and what tells an API server to ask it. */
final class Webhook {
  private final Path folder;
  private final int port = Ports.free();
  private final List<TestCertificate> certificates;

  Webhook(Path folder) {
    this.folder = folder;
    this.certificates =
        List.of(
            TestCertificate.make(folder, "first", "EC"),
            TestCertificate.make(folder, "second", "EC"));
    show(0);
  }

  /** Puts one of its two certificates where Kerf looks. */
  void show(int number) {
    try {
      Files.writeString(folder.resolve("tls.crt"), certificates.get(number).certificatePem());
      Files.writeString(folder.resolve("tls.key"), certificates.get(number).keyPem());
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  TestCertificate certificate(int number) {
    return certificates.get(number);
  }

  int port() {
    return port;
  }

  /** What Kerf is told. */
  String[] settings(String... more) {
    List<String> usual =
        List.of(
            "admission.enabled=true",
            "admission.host=127.0.0.1",
            "admission.port=" + port,
            "admission.certificate=" + folder.resolve("tls.crt"),
            "admission.key=" + folder.resolve("tls.key"),
            "tls.checkEvery=100ms");
    return java.util.stream.Stream.concat(usual.stream(), java.util.Arrays.stream(more))
        .toArray(String[]::new);
  }

  /** What the API server is told; it believes both certificates. */
  String manifests(String... schedulers) {
    String names = "['" + String.join("','", schedulers) + "']";
    return """
    ---
    apiVersion: node.k8s.io/v1
    kind: RuntimeClass
    metadata: {name: nvidia}
    handler: nvidia
    ---
    apiVersion: admissionregistration.k8s.io/v1
    kind: MutatingWebhookConfiguration
    metadata: {name: kerf}
    webhooks:
    - name: mutate.kerf.gpu
      clientConfig: {url: "https://127.0.0.1:%1$d/mutate", caBundle: %2$s}
      rules:
      - {apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE], scope: Namespaced}
      - {apiGroups: [""], apiVersions: [v1], resources: [pods/ephemeralcontainers], operations: [UPDATE], scope: Namespaced}
      matchConditions:
      - {name: scheduler, expression: "object.spec.schedulerName in %3$s"}
      namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system, kerf-system]}]}
      failurePolicy: Fail
      reinvocationPolicy: IfNeeded
      sideEffects: None
      timeoutSeconds: 10
      admissionReviewVersions: [v1]
    ---
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingWebhookConfiguration
    metadata: {name: kerf}
    webhooks:
    - name: validate.kerf.gpu
      clientConfig: {url: "https://127.0.0.1:%1$d/validate", caBundle: %2$s}
      rules:
      - {apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE, UPDATE], scope: Namespaced}
      - {apiGroups: [""], apiVersions: [v1], resources: [pods/ephemeralcontainers], operations: [UPDATE], scope: Namespaced}
      matchConditions:
      - {name: scheduler, expression: "object.spec.schedulerName in ['kerf']"}
      - name: changes-annotations
        expression: "request.operation == 'CREATE' || (has(request.subResource) && request.subResource != '') || object.metadata.?annotations.orValue({}) != oldObject.metadata.?annotations.orValue({})"
      namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system, kerf-system]}]}
      failurePolicy: Fail
      sideEffects: None
      timeoutSeconds: 10
      admissionReviewVersions: [v1]
    """
        .formatted(port, bundle(), names);
  }

  private String bundle() {
    String both = certificates.get(0).certificatePem() + certificates.get(1).certificatePem();
    return Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.UTF_8));
  }
}
