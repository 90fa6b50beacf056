package gpu.kerf.model;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.hardware.DriverDevices.Instance;
import gpu.kerf.model.hardware.DriverDevices.OfGpu;
import gpu.kerf.model.hardware.DriverDevices.Share;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Nodes whose GPUs a DRA driver hands out. */
public final class DriverNodes {

  private DriverNodes() {}

  /** A node on which the driver offers of each GPU all that it can be. */
  public static NodeSpec offeringAll(NodeSpec node) {
    List<OfGpu> devices = new ArrayList<>();
    for (int gpu = 0; gpu < node.gpus().size(); gpu++) {
      GpuSpec spec = node.gpus().get(gpu);
      boolean plain = spec.mode() == GpuMode.PLAIN;
      Share share = plain ? new Share("gpu-" + gpu, spec.shareableMiB(), 1, 1) : null;
      String whole = spec.mode() == GpuMode.MIG ? null : "gpu-" + gpu;
      devices.add(new OfGpu(whole, instances(spec, gpu), share));
    }
    return node.deliveredBy(new DriverDevices("gpu.nvidia.com", node.name(), devices));
  }

  /** A node on which the driver offers only some of it. */
  public static NodeSpec offeringSome(Random random, NodeSpec node) {
    List<GpuSpec> gpus = new ArrayList<>();
    List<OfGpu> devices = new ArrayList<>();
    for (int gpu = 0; gpu < node.gpus().size(); gpu++) {
      GpuSpec spec = node.gpus().get(gpu);
      boolean dynamic = spec.mode() == GpuMode.MIG_DYNAMIC;
      if (dynamic && random.nextInt(3) == 0) {
        Map<MigProfile, Integer> starts = new HashMap<>();
        spec.model().profiles().forEach(each -> starts.put(each, someStarts(random, each)));
        GpuModel some = spec.model().offering(each -> starts.getOrDefault(each, 0));
        spec = some.migCapable() ? GpuSpec.of(some, GpuMode.MIG_DYNAMIC) : spec;
      }
      String whole = spec.mode() == GpuMode.MIG || random.nextInt(4) == 0 ? null : "gpu-" + gpu;
      boolean shared = spec.mode() == GpuMode.PLAIN && random.nextBoolean();
      int step = random.nextBoolean() ? 1 : 512;
      Share share = shared ? new Share("gpu-" + gpu, spec.shareableMiB(), step, step) : null;
      gpus.add(spec);
      devices.add(new OfGpu(whole, instances(spec, gpu), share));
    }
    NodeSpec changed =
        new NodeSpec(node.name(), gpus, node.topology(), node.cpuMilli(), node.hostMemoryMiB());
    return changed.deliveredBy(new DriverDevices("gpu.nvidia.com", node.name(), devices));
  }

  /** Variants are offered where their plain profiles are. */
  private static int someStarts(Random random, MigProfile profile) {
    return profile.plain() && random.nextBoolean()
        ? profile.starts() & random.nextInt(256)
        : profile.starts();
  }

  private static List<Instance> instances(GpuSpec gpu, int index) {
    List<Instance> instances = new ArrayList<>();
    for (MigProfile profile : gpu.model().profiles()) {
      for (int start = 0; start < 8; start++) {
        boolean there =
            gpu.mode() == GpuMode.MIG
                ? gpu.instance(profile, start) != null
                : gpu.mode() == GpuMode.MIG_DYNAMIC && profile.startsAt(start);
        if (there) {
          instances.add(
              new Instance(profile, start, "gpu-" + index + "-mig-" + profile + "-" + start));
        }
      }
    }
    return instances;
  }

  /** The same pod, for nodes of both kinds. */
  public static PodDemand forBoth(PodDemand pod) {
    return pod.handedOutBy(EnumSet.of(DeliveryWay.ENV, DeliveryWay.DRA));
  }
}
