package gpu.kerf.extender.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import gpu.kerf.extender.cluster.embedded.FleetFile;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.dialect.Reading;
import gpu.kerf.extender.wire.PodReader;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.placement.PreparedDemand;
import gpu.kerf.model.placement.Slot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table of sizes says what an empty GPU in MIG mode is cut into. */
class SizesDocTest {

  private static final String HEADING = "## What a size is on a MIG GPU";

  @TempDir private Path folder;

  @Test
  void everyCellIsWhatKerfCuts() throws IOException, WireException {
    String page = Files.readString(Markdown.root().resolve("docs/reference/dialects.md"));
    assertThat(page).contains(HEADING);
    List<List<String>> rows =
        page.substring(page.indexOf(HEADING))
            .lines()
            .dropWhile(line -> !line.startsWith("|"))
            .takeWhile(line -> line.startsWith("|"))
            .map(SizesDocTest::cells)
            .toList();
    List<String> models = rows.get(0).subList(2, rows.get(0).size());
    assertThat(rows).hasSizeGreaterThan(12);
    for (List<String> row : rows.subList(2, rows.size())) {
      List<String> cut = models.stream().map(model -> cut(row.get(1), model)).toList();
      assertThat(row.subList(2, row.size())).as(row.get(1)).isEqualTo(cut);
    }
  }

  private static List<String> cells(String line) {
    return Arrays.stream(line.substring(1).split("\\|"))
        .map(cell -> cell.strip().replace("`", ""))
        .toList();
  }

  private String cut(String word, String model) {
    try {
      Fleet fleet = new Fleet();
      fleet.put(FleetFile.read(fleetOf(model)).get(0));
      Reading reading = reading(word);
      assertThat(reading.problems()).isEmpty();
      Chooser.Choice best =
          new Chooser(fleet).best(new PreparedDemand(reading.demand(), fleet.models()));
      return best == null ? "none" : profile(best.placement().containers().get(0).slots().get(0));
    } catch (IOException | WireException e) {
      throw new AssertionError(word, e);
    }
  }

  private static String profile(Slot slot) {
    return ((Slot.Mig) slot).profile().name();
  }

  private Path fleetOf(String model) throws IOException {
    return Files.writeString(
        folder.resolve("fleet.yaml"),
        "nodes: [{name: a, gpus: [{model: " + model + ", mode: mig-dynamic}]}]");
  }

  private static Reading reading(String word) throws IOException, WireException {
    String key = word.substring(0, word.indexOf(": "));
    String value = word.substring(word.indexOf(": ") + 2).replace("\"", "");
    boolean limit = Stream.of("gpu-fraction", "gpu-memory").noneMatch(key::equals);
    String annotations = limit ? "" : "\"%s\":\"%s\"".formatted(key, value);
    String limits = limit ? "\"%s\":\"%s\"".formatted(key, value) : "";
    String pod =
        """
        {"metadata": {"name": "p", "namespace": "n", "uid": "u", "annotations": {%s}},
         "spec": {"schedulerName": "kerf",
                  "containers": [{"name": "c", "resources": {"limits": {%s}}}]}}
        """
            .formatted(annotations, limits);
    try (JsonParser parser = new JsonFactory().createParser(pod)) {
      return Dialects.all().read(PodReader.readDocument(parser));
    }
  }
}
