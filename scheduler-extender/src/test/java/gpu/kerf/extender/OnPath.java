package gpu.kerf.extender;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** Programs that a machine may have. */
public final class OnPath {
  private OnPath() {}

  /** Where it is; where it is not, the test is skipped, and says so. */
  public static Path orSkip(String program) {
    Optional<Path> found =
        Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":", -1))
            .map(folder -> Path.of(folder, program))
            .filter(Files::isExecutable)
            .findFirst();
    assumeTrue(found.isPresent(), program + " not found");
    return found.orElseThrow();
  }
}
