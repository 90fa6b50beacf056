package gpu.kerf.extender.controlplane;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A kubelet in a {@link Machine}, which can go and come back. */
final class Kubelet {
  private final Machine machine;
  private final List<String> command;
  private final Path log;
  private @Nullable Program program;

  Kubelet(Machine machine, Path path, String node, String kubeconfig, Path log) {
    this.machine = machine;
    this.log = log;
    try {
      Files.writeString(machine.folder().resolve("kubeconfig"), kubeconfig);
      Files.writeString(machine.folder().resolve("kubelet.yaml"), config(machine));
      Files.writeString(machine.folder().resolve("resolv.conf"), "");
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
    this.command =
        List.of(
            path.toString(),
            "--config=" + Machine.FOLDER + "/kubelet.yaml",
            "--kubeconfig=" + Machine.FOLDER + "/kubeconfig",
            "--root-dir=" + Machine.FOLDER + "/kubelet",
            "--cert-dir=" + Machine.FOLDER + "/kubelet-certificates",
            "--hostname-override=" + node,
            "--node-ip=" + machine.address(),
            "--v=2");
  }

  /** Listens where only the cable leads. A build machine need not have what a node should. */
  private static String config(Machine machine) {
    return """
        apiVersion: kubelet.config.k8s.io/v1beta1
        kind: KubeletConfiguration
        address: %1$s
        authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
        authorization: {mode: AlwaysAllow}
        containerRuntimeEndpoint: unix://%2$s
        podLogsDir: %3$s/logs
        resolvConf: %3$s/resolv.conf
        cgroupDriver: cgroupfs
        cgroupRoot: %4$s
        cgroupsPerQOS: false
        enforceNodeAllocatable: []
        failCgroupV1: false
        failSwapOn: false
        localStorageCapacityIsolation: false
        evictionHard: {memory.available: 10Mi}
        imageMinimumGCAge: 24h
        nodeStatusUpdateFrequency: 2s
        nodeStatusReportFrequency: 10s
        syncFrequency: 5s
        """
        .formatted(machine.address(), Containerd.SOCKET, Machine.FOLDER, machine.cgroup());
  }

  void start() {
    program = machine.start(log, command);
  }

  /** Kills it at once; its containers go on. */
  void kill() {
    if (program != null) {
      Machine.kill(program);
    }
  }

  boolean running() {
    return program != null && program.running();
  }
}
