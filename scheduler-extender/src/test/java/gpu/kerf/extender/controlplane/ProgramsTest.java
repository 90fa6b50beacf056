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
  /** Has every image, in which a program lies in a folder of its own. */
  private static final String ANSWERING_DOCKER =
      """
      echo "$@" >>$CALLS
      case $1 in
      create) echo "$2" ;;
      export)
        name=${2##*/} name=${name%:*} tree=$(mktemp -d)
        mkdir -p "$tree/usr/bin" && printf '%s of %s' "$name" "$2" >"$tree/usr/bin/$name"
        tar -C "$tree" -c usr && rm -r "$tree"
        ;;
      esac
      """;

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
  void programsAreTakenFromImagesOnceAndAreThoseOfTheVersion() throws IOException {
    Map<String, String> environment = withDocker(ANSWERING_DOCKER);
    for (int run = 0; run < 2; run++) {
      Programs programs = Programs.find(environment);
      assertThat(programs.orSkip().path("kube-scheduler"))
          .isExecutable()
          .hasContent("kube-scheduler of mirror/kube-scheduler:v1.36.3");
      assertThat(programs.orSkip().path("etcd")).hasContent("etcd of mirror/etcd:3.6.8-0");
      assertThat(programs.orSkip().path("kwok")).hasContent("kwok of mirror/kwok/kwok:v0.8.0");
    }
    assertThat(calls()).filteredOn(call -> call.startsWith("export")).hasSize(6);
    assertThat(calls()).filteredOn(call -> call.startsWith("rm")).hasSize(6);
  }

  @Test
  void withoutTheImagesNothingIsLeftInTheCache() throws IOException {
    Map<String, String> environment = withDocker("echo \"$@\" >>$CALLS; exit 1");
    assertThatThrownBy(() -> Programs.find(environment)).hasMessageContaining("images/take 1.36.3");
    assertThat(calls()).contains("pull mirror/kube-apiserver:v1.36.3");
    assertThat(folder.resolve("cache")).isEmptyDirectory();
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

  private Map<String, String> withDocker(String script) throws IOException {
    Path docker = folder.resolve("docker");
    Files.writeString(docker, "#!/usr/bin/env bash\n" + script);
    assertThat(docker.toFile().setExecutable(true)).isTrue();
    return Map.of(
        "PATH",
        folder + ":" + System.getenv("PATH"),
        "CALLS",
        folder.resolve("calls").toString(),
        "KERF_KUBE_IMAGES",
        "mirror",
        "KERF_KUBE_CACHE",
        folder.resolve("cache").toString());
  }

  private List<String> calls() throws IOException {
    return Files.readAllLines(folder.resolve("calls"));
  }

  private Path folderWith(String name, List<String> programs) throws IOException {
    Path made = Files.createDirectory(folder.resolve(name));
    for (String program : programs) {
      assertThat(Files.createFile(made.resolve(program)).toFile().setExecutable(true)).isTrue();
    }
    return made;
  }
}
