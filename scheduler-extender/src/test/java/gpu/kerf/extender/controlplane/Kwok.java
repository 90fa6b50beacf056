package gpu.kerf.extender.controlplane;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * kwok plays the kubelets: a node with the annotation {@code kwok.x-k8s.io/node: fake} becomes
 * ready, a pod that is bound to it runs, a Job's pod succeeds, and a deleted pod goes away. What it
 * does stands in {@code stages.yaml}.
 */
public final class Kwok implements AutoCloseable {
  /** What a node carries so that kwok plays its kubelet. */
  public static final String ANNOTATION = "kwok.x-k8s.io/node";

  /** On a pod: how long it takes to end after it was deleted, such as {@code 5s}. */
  public static final String ENDS_AFTER = "kerf.test/ends-after";

  /** On a pod of a Job: how long it runs until it has succeeded, such as {@code 5s}. */
  public static final String RUNS_FOR = "kerf.test/runs-for";

  private final Program program;

  private Kwok(Program program) {
    this.program = program;
  }

  static Kwok start(Path path, Workplace workplace, Path kubeconfig) {
    Path stages = workplace.data().resolve("stages.yaml");
    try (InputStream resource =
        Objects.requireNonNull(Kwok.class.getResourceAsStream("stages.yaml"))) {
      Files.write(stages, resource.readAllBytes());
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
    return new Kwok(
        Program.start(
            workplace.log("kwok"),
            Map.of("HOME", workplace.data().toString()),
            List.of(
                path.toString(),
                "--kubeconfig=" + kubeconfig,
                "--config=" + stages,
                "--manage-nodes-with-annotation-selector=" + ANNOTATION + "=fake",
                "--node-lease-duration-seconds=0")));
  }

  public String log() {
    return program.log();
  }

  @Override
  public void close() {
    program.kill();
  }
}
