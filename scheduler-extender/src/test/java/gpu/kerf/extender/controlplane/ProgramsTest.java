package gpu.kerf.extender.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProgramsTest {
  @TempDir Path folder;

  @Test
  void foldersThatTheEnvironmentNamesComeFirst() throws IOException {
    Path assets = folderWith("assets", List.of("etcd", "kube-apiserver", "kubectl"));
    Path bin =
        folderWith("bin", List.of("kube-controller-manager", "kube-scheduler", "kwok", "kubectl"));
    Programs programs =
        Programs.find(
            Map.of("KUBEBUILDER_ASSETS", assets.toString(), "KERF_KUBE_BIN", bin.toString()));
    assertThat(programs.orSkip().path("etcd")).isEqualTo(assets.resolve("etcd"));
    assertThat(programs.orSkip().path("kubectl")).isEqualTo(bin.resolve("kubectl"));
  }

  @Test
  void folderOfOursThatLacksProgramsIsAMistake() throws IOException {
    Path bin = folderWith("bin", List.of("etcd", "kube-apiserver", "kubectl"));
    assertThatThrownBy(() -> Programs.find(Map.of("KERF_KUBE_BIN", bin.toString())))
        .hasMessageContaining(bin.toString())
        .hasMessageContaining("no kube-controller-manager, kube-scheduler, kwok");
  }

  @Test
  void withoutProgramsAndGoTheReasonIsOneLine() throws IOException {
    Path assets = folderWith("assets", List.of("etcd", "kube-apiserver", "kubectl"));
    Programs programs =
        Programs.find(Map.of("KUBEBUILDER_ASSETS", assets.toString(), "PATH", folder.toString()));
    assertThat(programs)
        .isInstanceOfSatisfying(
            Programs.Missing.class,
            missing -> assertThat(missing.why()).startsWith("no control plane: ").hasLineCount(1));
  }

  private Path folderWith(String name, List<String> programs) throws IOException {
    Path made = Files.createDirectory(folder.resolve(name));
    for (String program : programs) {
      assertThat(Files.createFile(made.resolve(program)).toFile().setExecutable(true)).isTrue();
    }
    return made;
  }
}
