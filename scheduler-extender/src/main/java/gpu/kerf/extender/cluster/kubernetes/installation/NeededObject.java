package gpu.kerf.extender.cluster.kubernetes.installation;

import java.util.ArrayList;
import java.util.List;

/**
 * An object without which Kerf does not do all of its work.
 *
 * @param kind for people
 * @param without what follows if it is not there, behind "so"
 * @param hint what to do, as a sentence
 */
record NeededObject(
    String group, String resource, String kind, String name, String without, String hint) {
  private static final String ADMISSION = "admissionregistration.k8s.io";

  static List<NeededObject> of(Installation installation) {
    List<NeededObject> objects = new ArrayList<>();
    if (!installation.runtimeClass().isEmpty()) {
      objects.add(
          new NeededObject(
              "node.k8s.io",
              "runtimeclasses",
              "RuntimeClass",
              installation.runtimeClass(),
              "pods that ask for GPUs are refused when they are created",
              "NVIDIA's GPU operator and k3s make it; another name stands in"
                  + " admission.runtimeClass."));
    }
    policy(objects, "kerf", "users can write Kerf's decisions on pods");
    policy(objects, "kerf-words", "pods of other schedulers can ask for GPUs and get none");
    policy(objects, "kerf-gate", "Kerf's account can change more of a pod than its gate");
    if (installation.webhook()) {
      policy(objects, "kerf-retries", "Kerf's account can change the status of controllers");
      String hint = "Apply base/webhooks.yaml.";
      objects.add(
          new NeededObject(
              ADMISSION,
              "mutatingwebhookconfigurations",
              "MutatingWebhookConfiguration",
              "kerf",
              "containers are not told their GPUs",
              hint));
      objects.add(
          new NeededObject(
              ADMISSION,
              "validatingwebhookconfigurations",
              "ValidatingWebhookConfiguration",
              "kerf",
              "pods that can never run are created",
              hint));
    }
    return objects;
  }

  private static void policy(List<NeededObject> objects, String name, String without) {
    String hint = "Apply base/policy.yaml.";
    objects.add(
        new NeededObject(
            ADMISSION,
            "validatingadmissionpolicies",
            "ValidatingAdmissionPolicy",
            name,
            without,
            hint));
    objects.add(
        new NeededObject(
            ADMISSION,
            "validatingadmissionpolicybindings",
            "ValidatingAdmissionPolicyBinding",
            name,
            without,
            hint));
  }

  boolean isWebhook() {
    return resource.endsWith("webhookconfigurations");
  }

  boolean isPolicy() {
    return resource.startsWith("validatingadmissionpolic");
  }

  String path() {
    return "/apis/%s/v1/%s/%s".formatted(group, resource, name);
  }

  NeededRight right() {
    return new NeededRight(
        group,
        resource,
        List.of("get"),
        "",
        name,
        "it does not know whether that is there",
        "base/installation.yaml");
  }
}
