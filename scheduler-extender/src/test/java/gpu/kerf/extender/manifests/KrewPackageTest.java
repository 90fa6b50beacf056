package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What krew installs the plugin from. */
class KrewPackageTest {

  @TempDir Path folder;

  private byte[] archive(Path into) throws Exception {
    Process process =
        new ProcessBuilder(
                "../manifests/kubectl/krew-package", "1.2.3", "https://kerf.example", into + "")
            .inheritIO()
            .start();
    assertThat(process.waitFor(Await.LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    return Files.readAllBytes(into.resolve("kubectl-kerf.tar.gz"));
  }

  private static String sum(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private static JsonNode manifest(Path folder) throws IOException {
    return Shipped.objects(Files.readString(folder.resolve("kerf.yaml"))).get(0);
  }

  @Test
  void theManifestNamesTheArchiveAndItsSum() throws Exception {
    byte[] archive = archive(folder.resolve("a"));

    JsonNode manifest = manifest(folder.resolve("a"));
    JsonNode platform = manifest.at("/spec/platforms/0");
    assertThat(manifest.at("/spec/version").asText()).isEqualTo("v1.2.3");
    assertThat(platform.path("uri").asText()).isEqualTo("https://kerf.example/kubectl-kerf.tar.gz");
    assertThat(platform.path("sha256").asText()).isEqualTo(sum(archive));
    assertThat(platform.path("bin").asText()).isEqualTo("kubectl-kerf");
  }

  @Test
  void theArchiveIsTheSameForTheSameFiles() throws Exception {
    assertThat(archive(folder.resolve("a"))).isEqualTo(archive(folder.resolve("b")));
  }
}
