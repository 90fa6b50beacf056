package gpu.kerf.bench.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** One seed is one story, byte for byte. */
final class DeterminismTest {
  private static final List<String> ARGUMENTS =
      List.of("simulate", "--seed", "11", "--events", "12000", "--json", "--no-shrink");

  @BeforeAll
  static void silently() {
    SimulateCommand.silence();
  }

  @Test
  void theSameSeedIsTheSameStory() {
    Scenario scenario = Scenario.of(77, 8_000, java.util.EnumSet.allOf(Fault.class));

    SimulationResult first = Simulation.run(scenario);
    SimulationResult second = Simulation.run(scenario);

    assertThat(second.story()).isEqualTo(first.story());
    assertThat(second).isEqualTo(first);
  }

  @Test
  void anotherSeedIsAnotherStory() {
    Scenario scenario = Scenario.of(77, 2_000, java.util.Set.of());
    Scenario other = Scenario.of(78, 2_000, java.util.Set.of());

    assertThat(Simulation.run(other).checksum()).isNotEqualTo(Simulation.run(scenario).checksum());
  }

  /** The order of Java's own immutable sets differs from process to process. */
  @Test
  void theSameSeedIsTheSameStoryInAnotherProcess() throws IOException, InterruptedException {
    assertThat(inAnotherProcess()).contains("\"checksum\"").isEqualTo(inAnotherProcess());
  }

  private static String inAnotherProcess() throws IOException, InterruptedException {
    List<String> command = new java.util.ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "gpu.kerf.extender.Kerf"));
    command.addAll(ARGUMENTS);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return out;
  }
}
