package gpu.kerf.extender.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.settings.HostPath;
import gpu.kerf.extender.settings.Names;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The list of attacks, {@code attacks.yaml}: ways to get at devices that a pod was not given, each
 * refused or without effect. And {@code harmless.yaml}: what looks like them and must pass.
 *
 * <p>The files say what a user does: creates a {@code pod}; changes it {@code then}, when the
 * mutating webhook has seen it; {@code update}s it when it exists; adds {@code ephemeral}
 * containers. They say what an administrator has {@code opened} to pods. And they give the result:
 * the pod is {@code refused} with a text, {@code warned} of, or a container {@code seesNothing}.
 */
class AttacksTest {

  private static final Path FOLDER = Path.of("src/test/resources/admission");
  private static final String NO_DEVICE = "void";

  @TestFactory
  Stream<DynamicTest> everyAttackIsRefusedOrGetsNothing() throws IOException {
    return tests("attacks.yaml");
  }

  @TestFactory
  Stream<DynamicTest> whatOnlyLooksLikeOnePasses() throws IOException {
    return tests("harmless.yaml");
  }

  private static AdmissionOptions terms(JsonNode opened) {
    AdmissionOptions usual = AdmissionFixture.TERMS;
    return new AdmissionOptions(
        usual.scheduler(),
        usual.aliases(),
        usual.runtimeClass(),
        usual.longestGrace(),
        opened.path("mps").asText().equals("plugin") ? DaemonAccess.PLUGIN : usual.mps(),
        usual.refusesImpossible(),
        new Opened(
            HostPath.parse(new Names(texts(opened.path("hostPaths")))),
            Set.copyOf(texts(opened.path("capabilities"))),
            Set.copyOf(texts(opened.path("volumes")))));
  }

  private static List<String> texts(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asText).toList();
  }

  private static Stream<DynamicTest> tests(String file) throws IOException {
    JsonNode list = AdmissionFixture.YAML.readTree(Files.readString(FOLDER.resolve(file)));
    assertThat(list.size()).isGreaterThan(5);
    return StreamSupport.stream(list.spliterator(), false)
        .map(each -> DynamicTest.dynamicTest(each.path("name").asText(), () -> check(each)));
  }

  private static void check(JsonNode attack) {
    AdmissionFixture admissionFixture = AdmissionFixture.usual(terms(attack.path("opened")));
    JsonNode pod = admissionFixture.mutated(AdmissionFixture.pod(attack.path("pod").toString()));
    pod = AdmissionFixture.patched(pod, attack.path("then"));
    Answer answer = admissionFixture.validate(AdmissionFixture.creation(pod));
    if (attack.has("update")) {
      assertThat(answer.problems()).as("when it is created").isEmpty();
      JsonNode changed = AdmissionFixture.patched(pod, attack.path("update"));
      answer = admissionFixture.validate(AdmissionFixture.review("UPDATE", "", changed, pod));
    } else if (attack.has("ephemeral")) {
      assertThat(answer.problems()).as("when it is created").isEmpty();
      ObjectNode more = pod.deepCopy();
      more.withObject("/spec").set("ephemeralContainers", attack.path("ephemeral"));
      byte[] addition = AdmissionFixture.review("UPDATE", "ephemeralcontainers", more, pod);
      JsonNode mutated = AdmissionFixture.patched(more, admissionFixture.mutate(addition));
      answer =
          admissionFixture.validate(
              AdmissionFixture.review("UPDATE", "ephemeralcontainers", mutated, pod));
      pod = mutated;
    }
    judge(attack, pod, answer);
  }

  private static void judge(JsonNode attack, JsonNode pod, Answer answer) {
    if (attack.has("refused")) {
      assertThat(answer.isAllowed()).as("allowed").isFalse();
      assertThat(answer.message()).contains(attack.path("refused").asText());
      return;
    }
    assertThat(answer.problems()).isEmpty();
    if (attack.has("warned")) {
      assertThat(String.join("\n", answer.warnings())).contains(attack.path("warned").asText());
    } else {
      assertThat(answer.warnings()).isEmpty();
    }
    for (JsonNode name : attack.path("seesNothing")) {
      assertThat(visible(pod, name.asText())).containsExactly(NO_DEVICE);
    }
  }

  /** Every value that a container's own variables give to what decides about devices. */
  private static List<String> visible(JsonNode pod, String container) {
    List<String> values = new ArrayList<>();
    for (String list : List.of("containers", "initContainers", "ephemeralContainers")) {
      for (JsonNode box : pod.path("spec").path(list)) {
        if (box.path("name").asText().equals(container)) {
          for (JsonNode entry : box.path("env")) {
            if (entry.path("name").asText().equals(Variables.VISIBLE)) {
              values.add(entry.path("value").asText("(from elsewhere)"));
            }
          }
        }
      }
    }
    return values;
  }
}
