package gpu.kerf.model;

import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.hardware.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The vocabulary of tests: {@code node("a").with(8, h100(), MIG_DYNAMIC).cpu(96_000).spec()}. */
public final class Nodes {

  private final String name;
  private final List<GpuSpec> gpus = new ArrayList<>();
  private Topology topology = Topology.uniform(0);
  private int cpuMilli = NodeSpec.UNKNOWN;
  private int hostMemoryMiB = NodeSpec.UNKNOWN;

  private Nodes(String name) {
    this.name = name;
  }

  public static Nodes node(String name) {
    return new Nodes(name);
  }

  public static GpuModel model(String name) {
    return Objects.requireNonNull(GpuCatalog.builtIn().find(name, 0), name);
  }

  public static GpuModel h100() {
    return model("H100-80GB");
  }

  public static GpuModel a100() {
    return model("A100-40GB");
  }

  public static GpuModel a30() {
    return model("A30-24GB");
  }

  public static MigProfile profile(GpuModel model, String name) {
    return Objects.requireNonNull(model.profile(name), name);
  }

  /** So many equal GPUs. */
  public Nodes with(int number, GpuModel model, GpuMode mode) {
    for (int i = 0; i < number; i++) {
      gpus.add(GpuSpec.of(model, mode));
    }
    return this;
  }

  /** One GPU with MIG instances that exist, written {@code 3g.40gb@4}. */
  public Nodes withInstances(GpuModel model, String... instances) {
    List<MigInstance> list = new ArrayList<>();
    for (String instance : instances) {
      int at = instance.indexOf('@');
      int start = Integer.parseInt(instance.substring(at + 1));
      list.add(new MigInstance(null, profile(model, instance.substring(0, at)), start));
    }
    gpus.add(new GpuSpec(null, model, model.memoryMiB(), GpuMode.MIG, list));
    return this;
  }

  /** One plain GPU whose UUID is known, with so much memory as the driver reports. */
  public Nodes gpu(String uuid, GpuModel model, int memoryMiB) {
    gpus.add(new GpuSpec(uuid, model, memoryMiB, GpuMode.PLAIN, List.of()));
    return this;
  }

  /** One H100 for each UUID, in this order. */
  public Nodes h100s(String... uuids) {
    for (String uuid : uuids) {
      gpu(uuid, h100(), h100().memoryMiB());
    }
    return this;
  }

  /** One H100 in mode MIG whose instances are written {@code 3g.40gb@4=MIG-1}. */
  public Nodes migH100(String uuid, String... instances) {
    List<MigInstance> list = new ArrayList<>();
    for (String instance : instances) {
      String[] parts = instance.split("[@=]", -1);
      list.add(new MigInstance(parts[2], profile(h100(), parts[0]), Integer.parseInt(parts[1])));
    }
    gpus.add(new GpuSpec(uuid, h100(), h100().memoryMiB(), GpuMode.MIG, list));
    return this;
  }

  public Nodes links(Topology links) {
    this.topology = links;
    return this;
  }

  public Nodes cpu(int milli) {
    this.cpuMilli = milli;
    return this;
  }

  public Nodes hostMemory(int mib) {
    this.hostMemoryMiB = mib;
    return this;
  }

  public NodeSpec spec() {
    Topology links = topology.size() == gpus.size() ? topology : Topology.uniform(gpus.size());
    return new NodeSpec(name, gpus, links, cpuMilli, hostMemoryMiB);
  }
}
