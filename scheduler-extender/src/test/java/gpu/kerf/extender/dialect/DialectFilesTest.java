package gpu.kerf.extender.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParser;
import gpu.kerf.extender.explain.DemandText;
import gpu.kerf.extender.explain.Manifests;
import gpu.kerf.extender.wire.PodReader;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Manifests as users of other projects write them, and beside each how Kerf reads it. With {@code
 * -Dkerf.write.docs} the readings are written, to be looked through.
 */
class DialectFilesTest {
  private static final Path FILES = Path.of("src/test/resources/dialects");
  private static final boolean WRITE = System.getProperty("kerf.write.docs") != null;

  @TestFactory
  Stream<DynamicTest> aManifestIsReadAsTheFileBesideItSays() throws IOException {
    return files(".yaml").stream()
        .map(file -> DynamicTest.dynamicTest(FILES.relativize(file).toString(), () -> check(file)));
  }

  @Test
  void everyReadingHasItsManifest() throws IOException {
    assertThat(files(".txt")).allSatisfy(file -> assertThat(manifest(file)).exists());
  }

  @Test
  void everyDialectHasManifests() throws IOException {
    List<String> folders =
        files(".yaml").stream()
            .map(file -> String.valueOf(FILES.relativize(file).getName(0)))
            .toList();
    assertThat(folders).containsAll(Dialects.all().each().stream().map(Dialect::name).toList());
  }

  private static List<Path> files(String ending) throws IOException {
    try (Stream<Path> all = Files.walk(FILES)) {
      return all.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    }
  }

  private static Path manifest(Path reading) {
    return Path.of(reading.toString().replace(".txt", ".yaml"));
  }

  private static void check(Path file) throws IOException, WireException {
    Path expected = Path.of(file.toString().replace(".yaml", ".txt"));
    String reading = text(read(file));
    if (WRITE) {
      Files.writeString(expected, reading);
    }
    assertThat(reading).isEqualTo(Files.readString(expected));
  }

  private static Reading read(Path file) throws IOException, WireException {
    boolean mib = file.toString().contains("gpushare-mib");
    GpushareDialect.Unit unit = mib ? GpushareDialect.Unit.MIB : GpushareDialect.Unit.GIB;
    Dialects dialects = Dialects.all(DialectOptions.defaults().withGpushare(unit));
    List<Manifests.Found> pods = Manifests.parse(file.toString(), Files.readString(file)).found();
    assertThat(pods).hasSize(1);
    try (JsonParser parser = pods.get(0).pod().traverse()) {
      PodView pod = PodReader.readDocument(parser);
      return dialects.read(pod);
    }
  }

  private static String text(Reading reading) {
    StringBuilder text = new StringBuilder("speaks " + reading.dialect() + "\n");
    reading.problems().forEach(problem -> text.append("refused: ").append(problem).append('\n'));
    if (!reading.isNonsense()) {
      text.append("read as: ").append(DemandText.sentence(reading.demand())).append('\n');
    }
    return text.toString();
  }
}
