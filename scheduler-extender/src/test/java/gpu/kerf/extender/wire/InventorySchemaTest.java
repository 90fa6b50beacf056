package gpu.kerf.extender.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.docs.Guides;
import gpu.kerf.extender.stream.JsonSchema;
import gpu.kerf.model.hardware.GpuCatalog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code docs/reference/inventory.schema.json} allows what the reader of inventories takes. */
class InventorySchemaTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Everything that a record can have. */
  private static final String FULL =
      """
      {"v":1,"gpus":[
        {"index":0,"uuid":"GPU-1","model":"A100-40GB","memoryMiB":40960,"mode":"mig","numa":0,
         "healthy":false,"instances":[{"uuid":"MIG-1","profile":"1g.10gb","start":4}]},
        {"index":1,"uuid":"GPU-2","model":"NVIDIA A100-SXM4-40GB"}],
       "links":[{"a":0,"b":1,"kind":"nvlink","count":12},{"a":0,"b":1,"kind":"pcie-switch"}]}
      """;

  private static Path reference(String name) {
    Path root = Objects.requireNonNull(Guides.README.getParent());
    return root.resolve("docs/reference").resolve(name);
  }

  private static JsonNode schema() throws IOException {
    return JSON.readTree(Files.readString(reference("inventory.schema.json")));
  }

  private static List<String> problems(String record) throws IOException {
    return new JsonSchema(schema()).problems(JSON.readTree(record));
  }

  private static InventoryRecord read(String record) throws WireException {
    return InventoryRecord.parse(record, GpuCatalog.builtIn());
  }

  @Test
  void bothTakeARecordWithEverything() throws Exception {
    assertThat(problems(FULL)).isEmpty();
    assertThat(read(FULL).gpus()).hasSize(2);
    assertThat(read(FULL).unusable()).isEqualTo(1);
  }

  /** The places of all fields that the schema describes, as JSON pointers into the full record. */
  static Stream<String> fields() throws IOException {
    List<String> places = new ArrayList<>();
    schema().path("properties").fieldNames().forEachRemaining(name -> places.add("/" + name));
    addTo(places, "gpu", "/gpus/0/");
    addTo(places, "instance", "/gpus/0/instances/0/");
    addTo(places, "link", "/links/0/");
    return places.stream();
  }

  private static void addTo(List<String> places, String definition, String at) throws IOException {
    schema()
        .at("/$defs/" + definition + "/properties")
        .fieldNames()
        .forEachRemaining(name -> places.add(at + name));
  }

  /** So the reader reads every field that is described. */
  @ParameterizedTest
  @MethodSource("fields")
  void bothRefuseAFieldOfAnotherType(String place) throws Exception {
    JsonNode record = JSON.readTree(FULL);
    int last = place.lastIndexOf('/');
    ObjectNode parent = (ObjectNode) record.at(place.substring(0, last));
    assertThat(record.at(place).isMissingNode()).as("the full record has " + place).isFalse();
    parent.putObject(place.substring(last + 1)).put("is", "another type");
    assertThat(problems(record.toString())).anyMatch(each -> each.startsWith(place));
    assertThatThrownBy(() -> read(record.toString())).isInstanceOf(WireException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"gpus\":[]}",
        "{\"v\":2,\"gpus\":[]}",
        "{\"v\":1,\"gpus\":[{\"model\":\"T4\"}]}",
        "{\"v\":1,\"gpus\":[{\"index\":0}]}",
        "{\"v\":1,\"gpus\":[{\"index\":0,\"model\":\" \"}]}",
        "{\"v\":1,\"gpus\":[{\"index\":0,\"model\":\"T4\",\"memoryMiB\":-1}]}",
        "{\"v\":1,\"gpus\":[{\"index\":0,\"model\":\"T4\",\"mode\":\"MIG\"}]}",
        "{\"v\":1,\"gpus\":[{\"index\":0,\"model\":\"A30\",\"mode\":\"mig\",\"instances\":[{\"start\":0}]}]}",
        "{\"v\":1,\"gpus\":[{\"index\":0,\"model\":\"A30\",\"mode\":\"mig\","
            + "\"instances\":[{\"profile\":\"1g.6gb\"}]}]}",
        "{\"v\":1,\"gpus\":[{\"index\":0,\"model\":\"T4\"},{\"index\":1,\"model\":\"T4\"}],"
            + "\"links\":[{\"a\":0,\"b\":1}]}",
        "{\"v\":1,\"gpus\":[{\"index\":0,\"model\":\"T4\"},{\"index\":1,\"model\":\"T4\"}],"
            + "\"links\":[{\"a\":0,\"b\":1,\"kind\":\"infiniband\"}]}",
        "{\"v\":1,\"gpus\":[{\"index\":0,\"model\":\"T4\"},{\"index\":1,\"model\":\"T4\"}],"
            + "\"links\":[{\"a\":0,\"b\":1,\"kind\":\"nvlink\",\"count\":0}]}",
      })
  void bothRefuse(String record) throws IOException {
    assertThat(problems(record)).isNotEmpty();
    assertThatThrownBy(() -> read(record)).isInstanceOf(WireException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"v\":1,\"gpus\":[{\"index\":0,\"model\":\"T4\"}]}",
        "{\"v\":1,\"gpus\":[{\"index\":0,\"model\":\"Made-Up\",\"memoryMiB\":9000}]}",
        "{\"v\":1,\"gpus\":[{\"index\":0,\"model\":\"A30\",\"mode\":\"mig-dynamic\"}]}",
      })
  void bothTake(String record) throws Exception {
    assertThat(problems(record)).isEmpty();
    assertThat(read(record).gpus()).hasSize(1);
  }

  @Test
  void theExamplesOfThePageAreTaken() throws Exception {
    String page = Files.readString(reference("inventory.md"));
    List<String> examples =
        Stream.of(page.split("```json\n", -1))
            .skip(1)
            .map(part -> part.split("```", 2)[0])
            .toList();
    assertThat(examples).isNotEmpty();
    for (String example : examples) {
      assertThat(problems(example)).isEmpty();
      assertThat(read(example).gpus()).isNotEmpty();
    }
  }
}
