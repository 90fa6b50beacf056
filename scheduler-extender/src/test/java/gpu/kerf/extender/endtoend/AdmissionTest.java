package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.Inventory;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The webhook as a real API server asks it. */
@ClusterTest
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AdmissionTest {
  private Webhook webhook;
  private Site site;

  @BeforeAll
  void start(@TempDir Path folder) {
    webhook = new Webhook(folder);
    site = Site.start(webhook.settings("admission.aliases=kai-scheduler"));
    site.plane().apply(webhook.manifests("kerf", "kai-scheduler"));
    Site.await("the API server asks", () -> isAsked("kerf"));
  }

  /** Whether pods of a scheduler are shown to the webhook. */
  private boolean isAsked(String scheduler) {
    Api.Answer answer = dryRun(Pod.named("probe").spec("{schedulerName: " + scheduler + "}"));
    return answer.body().at("/spec/containers/0/env/0/value").asText().equals("void");
  }

  private Api.Answer dryRun(Pod pod) {
    return site.api().send("POST", Site.PODS + "?dryRun=All", pod.json());
  }

  @AfterAll
  void stop() {
    site.close();
  }

  @AfterEach
  void clear() {
    site.clear();
  }

  @Test
  void aPodsVariablesReferToTheAnnotationsThatItsBindingBrought() {
    site.nodes(Inventory.eightH100("a").manifest());
    site.create(
        Pod.named("share").memory("8Gi").spec("{initContainers: [{name: prepare, image: app}]}"));
    site.awaitRunning("share");

    JsonNode pod = site.pod("share");
    assertThat(valueOf(pod, "/spec/containers/0", "NVIDIA_VISIBLE_DEVICES")).startsWith("GPU-a-");
    assertThat(valueOf(pod, "/spec/containers/0", "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT"))
        .isEqualTo("0=8192M");
    assertThat(valueOf(pod, "/spec/containers/0", "CUDA_MPS_PIPE_DIRECTORY"))
        .isEqualTo("/run/kerf/mps/pipe");
    assertThat(valueOf(pod, "/spec/initContainers/0", "NVIDIA_VISIBLE_DEVICES")).isEqualTo("void");
    assertThat(pod.at("/spec/runtimeClassName").asText()).isEqualTo("nvidia");
    assertThat(pod.at("/spec/containers/0/volumeMounts")).hasSize(2);
  }

  /** The value that the kubelet gives a variable of a container. */
  private static String valueOf(JsonNode pod, String container, String variable) {
    JsonNode found = MissingNode.getInstance();
    for (JsonNode entry : pod.at(container).path("env")) {
      found = entry.path("name").asText().equals(variable) ? entry : found;
    }
    assertThat(found.isObject()).as(variable).isTrue();
    String path = found.at("/valueFrom/fieldRef/fieldPath").asText();
    if (path.isEmpty()) {
      return found.path("value").asText();
    }
    String key = path.substring(path.indexOf('\'') + 1, path.lastIndexOf('\''));
    return pod.at("/metadata/annotations").path(key).asText();
  }
}
