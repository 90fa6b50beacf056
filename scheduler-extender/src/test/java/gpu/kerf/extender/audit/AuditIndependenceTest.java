package gpu.kerf.extender.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A fault of the ledger, the model or the readers of annotations must not hide itself. */
class AuditIndependenceTest {
  private static final Path SOURCES = Path.of("src/main/java/gpu/kerf/extender/audit");

  @Test
  void auditorImportsNothingOfKerf() throws IOException {
    int files = 0;
    try (Stream<Path> sources = Files.list(SOURCES)) {
      for (Path source : sources.toList()) {
        List<String> ofKerf =
            Files.readAllLines(source).stream()
                .filter(line -> line.contains("gpu.kerf."))
                .filter(line -> !line.contains("gpu.kerf.extender.audit"))
                .toList();
        assertThat(ofKerf).as(source.toString()).isEmpty();
        files++;
      }
    }
    assertThat(files).isGreaterThan(10);
  }
}
