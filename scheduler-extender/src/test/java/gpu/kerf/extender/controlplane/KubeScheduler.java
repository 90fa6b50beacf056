package gpu.kerf.extender.controlplane;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The released kube-scheduler with a configuration of the test's choice. It starts and ends at
 * will.
 */
public final class KubeScheduler implements AutoCloseable {
  private final Path path;
  private final Path folder;
  private final Path config;
  private final Path log;
  private final Path kubeconfig;
  private final List<String> flags;
  private final int port = Ports.free();
  private @Nullable Program program;

  KubeScheduler(
      Path path, Path folder, Path config, Path log, Path kubeconfig, List<String> flags) {
    this.path = path;
    this.folder = folder;
    this.config = config;
    this.log = log;
    this.kubeconfig = kubeconfig;
    this.flags = flags;
  }

  public KubeScheduler start() {
    if (program != null && program.running()) {
      throw new IllegalStateException("This kube-scheduler runs already.");
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                path.toString(),
                "--config=" + config,
                "--authentication-kubeconfig=" + kubeconfig,
                "--authentication-tolerate-lookup-failure",
                "--authorization-kubeconfig=" + kubeconfig,
                "--authorization-always-allow-paths=/healthz,/readyz,/livez,/metrics",
                "--bind-address=127.0.0.1",
                "--secure-port=" + port,
                "--cert-dir=" + folder.resolve("scheduler-certificates"),
                "--v=2"));
    command.addAll(flags);
    program = Program.start(log, Map.of(), command);
    return this;
  }

  /** Where it answers {@code /metrics} and {@code /readyz}, with a certificate of its own. */
  public String address() {
    return "https://127.0.0.1:" + port;
  }

  public boolean running() {
    return program != null && program.running();
  }

  /** Ends it as a rolling update does. */
  public void stop() {
    started().stop();
  }

  /** Ends it as a machine that loses power does. */
  public void kill() {
    started().kill();
  }

  /**
   * Holds it as a machine does that is stuck; {@link #resume} lets it go on as if nothing had been.
   */
  public void pause() {
    started().signal("STOP");
  }

  public void resume() {
    started().signal("CONT");
  }

  /** Everything it logged, over all its starts. */
  public String log() {
    return started().log();
  }

  @Override
  public void close() {
    if (program != null) {
      program.kill();
    }
  }

  private Program started() {
    if (program == null) {
      throw new IllegalStateException("This kube-scheduler was never started.");
    }
    return program;
  }
}
