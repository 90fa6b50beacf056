package gpu.kerf.bench.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The simulator finds each fault again once its repair is taken out. */
final class MutationsTest {
  private static final Path ROOT = Path.of("..");

  /** With {@code -Pfull} also those that take half a minute and more each. */
  private static final boolean FULL = Long.getLong("kerf.simulated.events", 0) > 100_000;

  @TempDir private Path folder = Path.of("");
  private final Map<List<String>, String> asItIs = new HashMap<>();

  @TestFactory
  List<DynamicTest> aRepairThatIsTakenOutIsMissed() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/test/mutations"))) {
      return files.sorted().filter(file -> FULL || !isSlow(file)).map(this::test).toList();
    }
  }

  private static boolean isSlow(Path file) {
    try {
      return Mutation.read(file).head().containsKey("slow");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private DynamicTest test(Path file) {
    return DynamicTest.dynamicTest(file.getFileName().toString(), () -> isFound(file));
  }

  private void isFound(Path file) throws IOException, ReflectiveOperationException {
    Mutation mutation = Mutation.read(file);
    MutatedKerf without =
        MutatedKerf.compile(mutation.sources(ROOT), folder.resolve(mutation.name()));
    String events = mutation.head().getOrDefault("events", "20000");
    String faults = mutation.head().getOrDefault("faults", "all");
    String parts = mutation.parts();
    int seeds = Integer.parseInt(mutation.head().getOrDefault("seeds", "1"));
    String found = "";
    int seed = 0;
    while (seed < seeds && found.isEmpty()) {
      seed++;
      String problem = without.simulate("" + seed, events, faults, parts);
      // A course that has a problem also as Kerf is says nothing of the mutation.
      if (!problem.isEmpty() && asItIs("" + seed, events, faults, parts).isEmpty()) {
        found = problem;
      }
    }
    assertThat(found).as(mutation.what()).isNotEmpty();
  }

  /** The problem that the same course has with no repair taken out; many mutations share one. */
  private String asItIs(String seed, String events, String faults, String parts) {
    return asItIs.computeIfAbsent(
        List.of(seed, events, faults, parts),
        same -> SimulationMain.problem(seed, events, faults, parts));
  }
}
