package gpu.kerf.extender.endtoend;

import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.KubeScheduler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * One of two replicas: a Kerf that reaches the API server through a proxy, and the kube-scheduler
 * that asks it. What dies is started again, as a kubelet does.
 */
final class SoakReplica implements AutoCloseable {
  private static final List<String> SETTINGS =
      List.of("cluster.reconcile=10s", "audit.every=15s", "cluster.watch=10s");

  private final String name;
  private final StepProxy toApi;
  private final KerfProcess kerf;
  private final KubeScheduler scheduler;

  private SoakReplica(String name, StepProxy toApi, KerfProcess kerf, KubeScheduler scheduler) {
    this.name = name;
    this.toApi = toApi;
    this.kerf = kerf;
    this.scheduler = scheduler;
  }

  static SoakReplica start(ControlPlane plane, Api api, String name) {
    StepProxy toApi = StepProxy.to(api.server(), api.certificate());
    KerfProcess kerf = new KerfProcess(plane, name, through(plane, api, toApi, name), SETTINGS);
    kerf.start();
    KubeScheduler scheduler =
        plane.scheduler(
            TestCluster.schedulerConfig(plane, kerf.address(), true), plane.kubeconfig());
    return new SoakReplica(name, toApi, kerf, scheduler.start());
  }

  private static Path through(ControlPlane plane, Api api, StepProxy stepProxy, String name) {
    try {
      String config = Files.readString(plane.kubeconfig());
      Path file = plane.logs().resolve("data").resolve(name + ".kubeconfig");
      return Files.writeString(file, config.replace(api.server(), stepProxy.address()));
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  String name() {
    return name;
  }

  StepProxy toApi() {
    return toApi;
  }

  KerfProcess kerf() {
    return kerf;
  }

  KubeScheduler scheduler() {
    return scheduler;
  }

  /** Starts again what has ended; what was started, or nothing. */
  String restart() {
    String started = "";
    if (!kerf.running()) {
      kerf.begin();
      started = "Kerf";
    }
    if (!scheduler.running()) {
      scheduler.start();
      started += (started.isEmpty() ? "" : " and ") + "kube-scheduler";
    }
    return started;
  }

  /** Ends every fault that this replica may suffer. */
  void heal() {
    toApi.open();
    toApi.holdWatches(false);
    if (kerf.running()) {
      kerf.resume();
    }
    if (scheduler.running()) {
      scheduler.resume();
    }
  }

  @Override
  public void close() {
    scheduler.close();
    kerf.close();
    toApi.close();
  }
}
