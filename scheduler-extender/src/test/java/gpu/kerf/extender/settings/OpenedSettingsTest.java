package gpu.kerf.extender.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import gpu.kerf.extender.Await;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an administrator opens to GPU pods, and what he cannot mean. */
class OpenedSettingsTest {
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void stop() {
    Await.value(vertx.close());
  }

  private Settings read(String assignment) {
    return Await.value(new SettingsSource(vertx, null, Map.of(), List.of(assignment)).read());
  }

  private String refusal(String assignment) {
    SettingsException wrong = catchThrowableOfType(SettingsException.class, () -> read(assignment));
    assertThat(wrong).as(assignment).isNotNull();
    return wrong.problems().toString();
  }

  @Test
  void foldersAreReadOnlyUnlessTheySayOtherwise() {
    Names names =
        read("admission.hostPaths=/data/models, /scratch:rw, /var/run/models:ro")
            .admission()
            .hostPaths();
    assertThat(HostPath.parse(names))
        .containsExactly(
            new HostPath("/data/models", false),
            new HostPath("/scratch", true),
            new HostPath("/run/models", false));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/", "data", "/data/", "/data/../etc", "/./data", "//data", ":rw", "/:rw"})
  void whatIsNoFolderBelowTheRootIsRefused(String path) {
    assertThat(refusal("admission.hostPaths=" + path))
        .contains("admission.hostPaths", path, "Write a path such as /data/models");
  }

  @ParameterizedTest
  @CsvSource({"/data:rw;/data/models, /data/models", "/a:rw;/a/b/c:rw, /a/b/c:rw"})
  void aFolderInOneThatMayBeWrittenIsRefused(String paths, String inside) {
    assertThat(refusal("admission.hostPaths=" + paths.replace(';', ',')))
        .contains("(" + inside + ", from", "could put a link in its place");
  }

  @Test
  void aWritableFolderInAReadOnlyOneIsOneThatPodsSeeAsSuch() {
    assertThat(read("admission.hostPaths=/data,/data/scratch:rw").admission().hostPaths().values())
        .hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ipc lock", "ipc_lock", "IPC-LOCK", "*"})
  void whatIsNoCapabilityIsRefused(String name) {
    assertThat(refusal("admission.capabilities=" + name)).contains("Write it as pods do");
  }

  @Test
  void hostPathsAsAWholeAreNotOpened() {
    assertThat(refusal("admission.volumes=cephfs,hostPath"))
        .contains("would open every folder", "admission.hostPaths");
  }
}
