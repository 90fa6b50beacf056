package gpu.kerf.extender.controlplane;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * containerd in a {@link Machine}. What the runtime class {@code nvidia} names is the plain runc
 * here: no GPU is there, and the tests look at what a container was told.
 */
final class Containerd {
  static final String SOCKET = "/run/containerd.sock";

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Machine machine;
  private final ContainerdPrograms programs;
  private final Program program;

  private Containerd(Machine machine, ContainerdPrograms programs, Program program) {
    this.machine = machine;
    this.programs = programs;
    this.program = program;
  }

  static Containerd start(Machine machine, ContainerdPrograms programs, Path log) {
    try {
      Files.writeString(machine.folder().resolve("containerd.toml"), config(programs));
      Path networks = Files.createDirectories(machine.folder().resolve("networks"));
      Files.writeString(networks.resolve("10-pods.conflist"), network(machine));
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
    List<String> command =
        programs.command("containerd", "--config", Machine.FOLDER + "/containerd.toml");
    Containerd containerd = new Containerd(machine, programs, machine.start(log, command));
    containerd.awaitReady();
    return containerd;
  }

  private static String config(ContainerdPrograms programs) {
    return """
        version = 2
        root = "%1$s/containerd"
        state = "/run/containerd"
        [grpc]
          address = "%2$s"
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "pause:latest"
          # A container cannot be made less worth killing than we are, which needs a privilege.
          restrict_oom_score_adj = true
        %4$s
          [plugins."io.containerd.grpc.v1.cri".containerd]
            default_runtime_name = "runc"
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
              runtime_type = "io.containerd.runc.v2"
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia]
              runtime_type = "io.containerd.runc.v2"
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "%3$s"
            conf_dir = "%1$s/networks"
        """
        .formatted(Machine.FOLDER, SOCKET, NodePrograms.networkPlugins(), programs.settings());
  }

  private static String network(Machine machine) {
    return """
        {"cniVersion": "0.4.0", "name": "pods", "plugins": [
          {"type": "bridge", "bridge": "pods0", "isGateway": true,
           "ipam": {"type": "host-local", "ranges": [[{"subnet": "%s"}]],
                    "routes": [{"dst": "0.0.0.0/0"}]}}]}
        """
        .formatted(machine.podNetwork());
  }

  /** Takes an image, as {@code docker save} or {@link ContainerImage} wrote it. */
  void load(Path archive) {
    Path inside = Machine.FOLDER.resolve("image.tar");
    Path here = machine.folder().resolve("image.tar");
    try {
      Files.deleteIfExists(here);
      Files.createSymbolicLink(here, archive.toAbsolutePath());
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
    ctr("images", "import", inside.toString());
  }

  /** Runs containerd's own client; the result is what it printed. */
  String ctr(String... arguments) {
    List<String> command =
        new ArrayList<>(programs.command("ctr", "--address", SOCKET, "--namespace", "k8s.io"));
    command.addAll(List.of(arguments));
    return machine.run(command.toArray(String[]::new));
  }

  private void awaitReady() {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!program.log().contains("containerd successfully booted")) {
      if (System.nanoTime() > deadline || !program.running()) {
        throw new IllegalStateException(
            "containerd did not start. The end of its log:\n" + program.lastWords());
      }
      LockSupport.parkNanos(5_000_000);
    }
  }
}
