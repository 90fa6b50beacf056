package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import gpu.kerf.extender.dialect.GpushareDialect;
import gpu.kerf.extender.wire.PodReader;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.DeliveryWay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Pods, and what stands on them for the device plugins of others when they are bound on an empty
 * node of two H100 at second 1000. The expectations are written after what those plugins read.
 */
class DeliveryFilesTest {
  private static final Path FILES = Path.of("src/test/resources/delivery");

  @TestFactory
  Stream<DynamicTest> aPodIsHandedOverAsTheFileSays() throws IOException {
    try (Stream<Path> all = Files.walk(FILES)) {
      return all.filter(Files::isRegularFile).sorted().toList().stream()
          .map(file -> DynamicTest.dynamicTest("" + FILES.relativize(file), () -> check(file)));
    }
  }

  private static void check(Path file) throws IOException, WireException {
    JsonNode said = new YAMLMapper().readTree(file.toFile());
    DeliveryWay way = DeliveryWay.parse(said.path("delivery").asText());
    boolean mib = said.path("unit").asText().equals("mib");
    OthersNodes nodes =
        new OthersNodes(mib ? GpushareDialect.Unit.MIB : GpushareDialect.Unit.GIB)
            .node("a", way, 2);
    PodView pod;
    try (JsonParser parser = said.path("pod").traverse()) {
      pod = PodReader.readDocument(parser);
    }
    assertThat(othersOf(nodes.bound(pod, "a"))).isEqualTo(expected(said));
  }

  private static Map<String, String> expected(JsonNode said) {
    Map<String, String> expected = new TreeMap<>();
    said.path("annotations")
        .properties()
        .forEach(each -> expected.put(each.getKey(), each.getValue().asText()));
    assertThat(expected).isNotEmpty();
    return expected;
  }

  /** Without Kerf's records, which other tests are about; Kerf's walls are not built there. */
  private static Map<String, String> othersOf(Map<String, String> written) {
    assertThat(written).containsKeys("kerf.gpu/placement", "kerf.gpu/held-since");
    Map<String, String> others = new TreeMap<>(written);
    others.remove("kerf.gpu/placement");
    others.remove("kerf.gpu/held-since");
    return others;
  }
}
