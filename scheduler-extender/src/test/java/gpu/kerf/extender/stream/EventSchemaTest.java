package gpu.kerf.extender.stream;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.docs.Guides;
import gpu.kerf.extender.state.Decision;
import gpu.kerf.model.team.Reclaim;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every event is as {@code docs/reference/events.schema.json} says. */
class EventSchemaTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Viewer RITA =
      new Viewer(false, false, Set.of("research"), Set.of("research"));

  private final EventJson json = new EventJson("/kerf/berlin", "a1b2");

  private static JsonNode schema() throws IOException {
    Path root = Objects.requireNonNull(Guides.README.getParent());
    return JSON.readTree(Files.readString(root.resolve("docs/reference/events.schema.json")));
  }

  static Stream<EventData> events() {
    return SampleEvents.all();
  }

  private JsonNode written(EventData data, Viewer viewer) throws IOException {
    byte[] bytes =
        data instanceof Gap gap
            ? json.one(gap, 1_795_258_800_000L)
            : json.one(new StreamEvent(12, 1_795_258_800_123L, data), viewer);
    return JSON.readTree(bytes);
  }

  @ParameterizedTest
  @MethodSource("events")
  void eachKindOfEventIsAsTheSchemaSays(EventData data) throws IOException {
    JsonSchema schema = new JsonSchema(schema());
    assertThat(schema.problems(written(data, Viewer.ALL))).isEmpty();
    assertThat(schema.problems(written(data, RITA))).isEmpty();
  }

  @Test
  void theSchemaHasATypeForEachKindAndNoOther() throws IOException {
    Set<String> described = new TreeSet<>();
    schema()
        .path("oneOf")
        .forEach(each -> described.add(each.at("/properties/type/const").asText()));
    Set<String> told = new TreeSet<>();
    events().forEach(each -> told.add(each.type()));
    assertThat(described).isEqualTo(told);
  }

  @Test
  void theSchemaHasEveryRuleOfReclaimsAndEveryKindOfGap() throws IOException {
    assertThat(words("teamReclaimed/properties/rule"))
        .containsExactlyInAnyOrderElementsOf(lower(Reclaim.Rule.values()));
    assertThat(words("gap/properties/reason"))
        .containsExactlyInAnyOrderElementsOf(lower(Gap.Reason.values()));
    assertThat(words("verb")).containsExactlyInAnyOrderElementsOf(lower(Decision.Verb.values()));
  }

  private static List<String> words(String definition) throws IOException {
    List<String> words = new ArrayList<>();
    schema().at("/$defs/" + definition + "/enum").forEach(each -> words.add(each.asText()));
    return words;
  }

  private static List<String> lower(Enum<?>[] constants) {
    return Stream.of(constants).map(each -> each.name().toLowerCase(Locale.ROOT)).toList();
  }

  @Test
  void theCheckerFindsWhatIsWrong() throws IOException {
    JsonSchema schema = new JsonSchema(schema());
    ObjectNode wrong = (ObjectNode) written(SampleEvents.window(), Viewer.ALL);
    wrong.put("specversion", "0.3").remove("time");
    ((ObjectNode) wrong.path("data")).put("window", 3).put("colour", "red");
    assertThat(schema.problems(wrong))
        .anyMatch(each -> each.contains("/specversion"))
        .anyMatch(each -> each.contains("/time is missing"))
        .anyMatch(each -> each.contains("/data/window is no string"));
    ObjectNode more = (ObjectNode) written(SampleEvents.window(), Viewer.ALL);
    ((ObjectNode) more.path("data")).put("colour", "red");
    assertThat(schema.problems(more)).containsExactly("/data/colour is not described.");
  }

  @Test
  void idsAndTimesAreAsCloudEventsHaveThem() throws IOException {
    JsonNode event = written(SampleEvents.bound("research", "train"), Viewer.ALL);
    assertThat(event.path("id").asText()).isEqualTo("a1b2-12");
    assertThat(event.path("source").asText()).isEqualTo("/kerf/berlin");
    assertThat(event.path("subject").asText()).isEqualTo("pods/research/train");
    assertThat(event.path("time").asText()).isEqualTo("2026-11-21T11:00:00.123Z");
  }

  @ParameterizedTest
  @MethodSource("events")
  void aViewerIsToldNoNameOfAnotherTeam(EventData data) throws IOException {
    if (data.isSeenBy(RITA)) {
      assertThat(written(data, RITA).toString()).doesNotContain("fraud");
    } else {
      assertThat(data.namespaces()).doesNotContain("research");
    }
  }
}
