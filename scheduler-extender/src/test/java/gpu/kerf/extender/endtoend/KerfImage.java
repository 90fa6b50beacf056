package gpu.kerf.extender.endtoend;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** The image that {@code ./mvnw -Pimage package} made. */
final class KerfImage {
  private static final Path ARCHIVE =
      Path.of(System.getProperty("basedir", ""))
          .toAbsolutePath()
          .resolve("target/kerf-image.tar")
          .normalize();

  private KerfImage() {}

  /** Where it is; skips the test where there is none. */
  static Path orSkip() {
    Assumptions.assumeTrue(
        Files.exists(ARCHIVE), "no image of Kerf: ./mvnw -Pimage package makes it");
    return ARCHIVE;
  }
}
