package gpu.kerf.extender.verb;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.hardware.Topology;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** Random nodes and pods for seeded walks. */
final class RandomWork {

  private static final String[] MODELS = {"H100-80GB", "A100-40GB", "A30-24GB", "T4"};
  private static final String[] SIZES = {
    "500Mi", "4Gi", "8G", "8Gi", "10Gi", "16Gi", "20Gi", "24Gi", "33Gi", "40Gi", "75Gi", "90Gi"
  };
  private static final String[][] INSTANCES = {
    {"1g.10gb", "0"}, {"1g.10gb", "1"}, {"2g.20gb", "2"}, {"3g.40gb", "4"}
  };

  private final Random random;

  RandomWork(long seed) {
    this.random = new Random(seed);
  }

  Random random() {
    return random;
  }

  NodeSpec node(String name) {
    List<GpuSpec> gpus = new ArrayList<>();
    int number = 1 + random.nextInt(4);
    GpuModel first = World.model(MODELS[random.nextInt(MODELS.length)]);
    boolean mixed = random.nextInt(3) == 0;
    for (int i = 0; i < number; i++) {
      gpus.add(gpu(mixed ? World.model(MODELS[random.nextInt(MODELS.length)]) : first));
    }
    int cpu = random.nextBoolean() ? NodeSpec.UNKNOWN : 4_000 + random.nextInt(60_000);
    return NodeSpec.of(name, gpus).withTopology(links(number)).withHost(cpu, NodeSpec.UNKNOWN);
  }

  private GpuSpec gpu(GpuModel model) {
    int mode = model.migCapable() ? random.nextInt(3) : 0;
    if (mode == 2 && model.name().equals("H100-80GB")) {
      List<MigInstance> instances = new ArrayList<>();
      for (String[] one : INSTANCES) {
        var profile = Objects.requireNonNull(model.profile(one[0]));
        instances.add(new MigInstance(null, profile, Integer.parseInt(one[1])));
      }
      return new GpuSpec(null, model, model.memoryMiB(), GpuMode.MIG, instances);
    }
    return GpuSpec.of(model, mode == 1 ? GpuMode.MIG_DYNAMIC : GpuMode.PLAIN);
  }

  private Topology links(int gpus) {
    Topology.Builder links = Topology.of(gpus);
    for (int gpu = 1; gpu < gpus; gpu++) {
      if (random.nextBoolean()) {
        links.nvlink(gpu - 1, gpu, 1 + random.nextInt(4));
      }
    }
    return links.build();
  }

  PodView pod(String uid) {
    PodView.Builder pod = World.pod(uid).priority(random.nextInt(4));
    Map<String, String> limits = new LinkedHashMap<>();
    limits.put("cpu", random.nextInt(4_000) + "m");
    switch (random.nextInt(8)) {
      case 0 -> limits.put("kerf.gpu/whole", "" + (1 + random.nextInt(3)));
      case 1 -> {
        limits.put("kerf.gpu/memory", size());
        pod.annotation("kerf.gpu/split", "2");
      }
      case 2 -> {
        limits.put("kerf.gpu/memory", size());
        pod.annotation("kerf.gpu/wall", random.nextBoolean() ? "mig" : "mps");
      }
      case 3 -> {
        limits.put("kerf.gpu/memory", size());
        pod.annotation("kerf.gpu/models", "H100-80GB,T4");
      }
      case 4 -> {
        limits.put("kerf.gpu/memory", size());
        pod.container("second", Map.of("kerf.gpu/memory", size()));
      }
      default -> limits.put("kerf.gpu/memory", size());
    }
    return pod.container("main", limits).build();
  }

  private String size() {
    return SIZES[random.nextInt(SIZES.length)];
  }
}
