package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParser;
import gpu.kerf.extender.dialect.Dialect;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.dialect.Reading;
import gpu.kerf.extender.explain.DemandText;
import gpu.kerf.extender.explain.Manifests;
import gpu.kerf.extender.wire.PodReader;
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
 * The examples are read as their comments say. With {@code -Dkerf.write.docs} the comments are
 * written.
 */
class ExamplesTest {
  private static final String READS = "# Kerf reads: ";
  private static final boolean WRITE = System.getProperty("kerf.write.docs") != null;

  @TestFactory
  Stream<DynamicTest> anExampleIsReadAsItsCommentSays() {
    return files().stream()
        .map(file -> DynamicTest.dynamicTest(file.toString(), () -> check(file)));
  }

  @Test
  void everyDialectHasOne() {
    List<String> others =
        Dialects.all().each().stream()
            .map(Dialect::name)
            .filter(name -> !name.equals("kerf"))
            .toList();
    assertThat(others.stream().map(name -> name + ".yaml"))
        .containsExactlyInAnyOrderElementsOf(Shipped.in("examples/dialects"));
    for (String name : others) {
      assertThat(reading(Shipped.file("examples/dialects/" + name + ".yaml")).dialect())
          .isEqualTo(name);
    }
  }

  private static List<Path> files() {
    return Stream.concat(
            Shipped.in("examples").stream().map(name -> "examples/" + name),
            Shipped.in("examples/dialects").stream().map(name -> "examples/dialects/" + name))
        .filter(name -> name.endsWith(".yaml"))
        .map(Shipped::file)
        .toList();
  }

  private static void check(Path file) throws IOException {
    String text = Files.readString(file);
    String reads = text.replaceFirst("(?s).*?" + READS + "([^\n]*)\n.*", "$1");
    String sentence = DemandText.sentence(reading(file).demand());
    if (WRITE) {
      Files.writeString(file, text.replace(READS + reads + "\n", READS + sentence + "\n"));
    }
    assertThat(reads).isEqualTo(sentence);
  }

  private static Reading reading(Path file) {
    try {
      List<Manifests.Found> pods = Manifests.parse(file.toString(), Files.readString(file)).found();
      assertThat(pods).hasSize(1);
      try (JsonParser parser = pods.get(0).pod().traverse()) {
        Reading reading = Dialects.all().read(PodReader.readDocument(parser));
        assertThat(reading.problems()).isEmpty();
        return reading;
      }
    } catch (IOException | WireException wrong) {
      throw new AssertionError(wrong);
    }
  }
}
