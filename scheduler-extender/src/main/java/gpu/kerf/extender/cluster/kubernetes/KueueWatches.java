package gpu.kerf.extender.cluster.kubernetes;

import gpu.kerf.extender.cluster.kubernetes.calling.Resource;
import gpu.kerf.extender.cluster.kubernetes.objects.KueueSink;
import gpu.kerf.extender.cluster.kubernetes.watching.ResourceWatch;
import gpu.kerf.extender.kueue.AdmissionCheck;
import gpu.kerf.extender.kueue.KueueListener;
import gpu.kerf.extender.kueue.Workload;
import java.util.List;

/**
 * The watches of Kueue's objects. Nothing waits for them: while Kueue is not there, or does not
 * show them, pods are placed as ever.
 */
final class KueueWatches {
  private final ResourceWatch<AdmissionCheck> checks;
  private final ResourceWatch<Workload> workloads;
  private final List<ResourceWatch<?>> all;

  KueueWatches(KueueListener listener, ResourceWatch.Shared shared) {
    this.checks =
        new ResourceWatch<>(Resource.ADMISSION_CHECKS, KueueSink.checks(listener), shared);
    this.workloads = new ResourceWatch<>(Resource.WORKLOADS, KueueSink.workloads(listener), shared);
    this.all =
        List.of(
            checks,
            new ResourceWatch<>(Resource.FLAVORS, KueueSink.flavors(listener), shared),
            workloads);
  }

  List<ResourceWatch<?>> all() {
    return all;
  }

  /** Whether everything that was there at the start has been taken in. */
  boolean isKnown() {
    return all.stream().allMatch(ResourceWatch::listed);
  }

  String pathOfWorkloads() {
    return workloads.path();
  }

  String pathOfChecks() {
    return checks.path();
  }
}
