package gpu.kerf.extender.verb;

import gpu.kerf.extender.delivery.Delays;
import gpu.kerf.extender.delivery.DeliveryByNode;
import gpu.kerf.extender.delivery.DraDelivery;
import gpu.kerf.extender.delivery.EnvDelivery;
import gpu.kerf.extender.delivery.GpushareDelivery;
import gpu.kerf.extender.delivery.HamiDelivery;
import gpu.kerf.extender.dialect.DialectOptions;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.dialect.GpushareDialect;
import gpu.kerf.extender.wire.BindAnswer;
import gpu.kerf.extender.wire.BindCall;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A world whose nodes are served by device plugins of others, and in which pauses pass at will. */
final class OthersNodes {
  final World world;
  final List<Runnable> pauses = new ArrayList<>();
  final BindVerb bind;

  OthersNodes(GpushareDialect.Unit unit) {
    world = new World(Dialects.all(DialectOptions.defaults().withGpushare(unit)));
    Delays put = (millis, action) -> pauses.add(action);
    HamiDelivery hami = new HamiDelivery(world.scheduling, world.cluster, put);
    bind =
        new BindVerb(
            world.scheduling,
            world.cluster,
            new DeliveryByNode(
                Map.of(
                    DeliveryWay.ENV, new EnvDelivery(),
                    DeliveryWay.HAMI, hami,
                    DeliveryWay.HAMI_MIG, hami,
                    DeliveryWay.GPUSHARE,
                        new GpushareDelivery(world.scheduling, world.cluster, unit, put),
                    DeliveryWay.DRA,
                        new DraDelivery(
                            world.scheduling,
                            world.cluster,
                            new DraDelivery.Classes(
                                "gpu.nvidia.com", "mig.nvidia.com", "share.nvidia.com"))),
                world.cluster));
  }

  /** So many H100 of 80 GB, with uuids of the node's name and their indexes. */
  OthersNodes node(String name, DeliveryWay way, int gpus) {
    return way == DeliveryWay.HAMI_MIG ? migNode(name, gpus) : plainNode(name, way, gpus);
  }

  /** All profiles of an H100 under the names that HAMi's plugin gives them. */
  private OthersNodes migNode(String name, int gpus) {
    GpuModel model = World.model("H100-80GB");
    List<DriverDevices.Instance> places = new ArrayList<>();
    for (MigProfile profile : model.profiles()) {
      for (int start = 0; start < model.slices() && profile.isOrdinary(); start++) {
        if (profile.startsAt(start)) {
          places.add(new DriverDevices.Instance(profile, start, "HAMi's " + profile.name()));
        }
      }
    }
    List<GpuSpec> cards = new ArrayList<>();
    for (int i = 0; i < gpus; i++) {
      cards.add(
          new GpuSpec("GPU-" + name + "-" + i, model, 81_559, GpuMode.MIG_DYNAMIC, List.of()));
    }
    DriverDevices devices =
        new DriverDevices(
            "hami", name, Collections.nCopies(gpus, new DriverDevices.OfGpu(null, places, null)));
    world.node(NodeSpec.of(name, cards).deliveredBy(DeliveryWay.HAMI_MIG, devices));
    return this;
  }

  private OthersNodes plainNode(String name, DeliveryWay way, int gpus) {
    List<GpuSpec> cards = new ArrayList<>();
    for (int i = 0; i < gpus; i++) {
      cards.add(
          new GpuSpec(
              "GPU-" + name + "-" + i, World.model("H100-80GB"), 81_559, GpuMode.PLAIN, List.of()));
    }
    world.node(NodeSpec.of(name, cards).deliveredBy(way));
    return this;
  }

  /** One H100 that a DRA driver cuts, and one that it gives whole. */
  OthersNodes driverNode(String name) {
    GpuModel model = World.model("H100-80GB");
    List<DriverDevices.Instance> places = new ArrayList<>();
    for (MigProfile profile : model.profiles()) {
      for (int start = 0; start < model.slices(); start++) {
        if (profile.startsAt(start)) {
          String device = "gpu-0-mig-" + profile.name() + "-" + start;
          places.add(new DriverDevices.Instance(profile, start, device));
        }
      }
    }
    List<GpuSpec> cards =
        List.of(
            new GpuSpec("GPU-" + name + "-0", model, 81_559, GpuMode.MIG_DYNAMIC, List.of()),
            new GpuSpec("GPU-" + name + "-1", model, 81_559, GpuMode.PLAIN, List.of()));
    List<DriverDevices.OfGpu> devices =
        List.of(
            new DriverDevices.OfGpu(null, places, null),
            new DriverDevices.OfGpu("gpu-1", List.of(), null));
    world.node(
        NodeSpec.of(name, cards).deliveredBy(new DriverDevices("gpu.nvidia.com", name, devices)));
    return this;
  }

  /**
   * A pod is there, passes filter and is to be bound; the answer comes after a call of {@code
   * turn}.
   */
  CompletableFuture<BindAnswer> binding(PodView pod, String node) {
    world.cluster.pods.put(pod.ref().toString(), pod);
    world.filter(pod, node);
    var answer = bind.bind(new BindCall(pod.ref(), node)).toCompletableFuture();
    world.turn();
    return answer;
  }

  /** What stands on the pod once it is bound. */
  Map<String, String> bound(PodView pod, String node) {
    BindAnswer answer = binding(pod, node).join();
    if (!answer.equals(BindAnswer.BOUND)) {
      throw new AssertionError(answer.error());
    }
    return written(pod);
  }

  Map<String, String> written(PodView pod) {
    return world.cluster.bindings.stream()
        .filter(binding -> binding.pod().equals(pod.ref()))
        .findFirst()
        .orElseThrow()
        .annotations();
  }

  /** Lets every pause that has begun end. */
  void pass(long millis) {
    world.millis += millis;
    List<Runnable> over = List.copyOf(pauses);
    pauses.clear();
    over.forEach(Runnable::run);
    world.turn();
  }
}
