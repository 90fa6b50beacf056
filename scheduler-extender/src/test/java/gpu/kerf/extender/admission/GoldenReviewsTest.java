package gpu.kerf.extender.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Pods as users write them, {@code X.yaml}, and in {@code X.admitted.yaml} the patch, the pod that
 * it makes, and what the validating webhook says of that.
 *
 * <p>With {@code -Dkerf.golden=write} the second files are written anew; look at what changed.
 */
class GoldenReviewsTest {

  private static final Path ROOT = Path.of("src/test/resources/admission/golden");
  private static final String ADMITTED = ".admitted.yaml";
  private static final boolean WRITE = "write".equals(System.getProperty("kerf.golden"));

  @TestFactory
  Stream<DynamicTest> everyPodIsAdmittedAsItsFileSays() throws IOException {
    List<Path> files;
    try (Stream<Path> found = Files.list(ROOT)) {
      files = found.sorted().toList();
    }
    List<Path> pods = files.stream().filter(file -> !file.toString().endsWith(ADMITTED)).toList();
    Stream<DynamicTest> tests =
        pods.stream()
            .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> check(file)));
    return Stream.concat(
        tests,
        Stream.of(
            DynamicTest.dynamicTest(
                "no file is unused", () -> assertThat(files).hasSize(2 * pods.size()))));
  }

  private static void check(Path file) throws IOException {
    JsonNode pod = AdmissionFixture.pod(Files.readString(file));
    String admitted =
        AdmissionFixture.YAML.writeValueAsString(admitted(AdmissionFixture.usual(), pod));
    Path expected = Path.of(file.toString().replace(".yaml", ADMITTED));
    if (WRITE) {
      Files.writeString(expected, admitted);
    }
    assertThat(expected).content().isEqualTo(admitted);
  }

  private static JsonNode admitted(AdmissionFixture admissionFixture, JsonNode pod) {
    Answer mutation = admissionFixture.mutate(AdmissionFixture.creation(pod));
    JsonNode after = admissionFixture.mutated(pod);
    Answer verdict = admissionFixture.validate(AdmissionFixture.creation(after));
    var all = JsonNodeFactory.instance.objectNode();
    all.set("patch", operations(mutation));
    all.set("pod", after);
    all.put("allowed", verdict.isAllowed());
    ArrayNode problems = all.putArray("problems");
    verdict.problems().forEach(problem -> problems.add(problem.toString()));
    ArrayNode warnings = all.putArray("warnings");
    mutation.warnings().forEach(warnings::add);
    verdict.warnings().forEach(warnings::add);
    return all;
  }

  private static ArrayNode operations(Answer answer) {
    return answer.patch() == null
        ? JsonNodeFactory.instance.arrayNode()
        : answer.patch().operations();
  }
}
