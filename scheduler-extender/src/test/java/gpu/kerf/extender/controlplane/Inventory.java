package gpu.kerf.extender.controlplane;

import java.util.ArrayList;
import java.util.List;

/**
 * The GPUs of a node, as its annotation {@code kerf.gpu/inventory} lists them. A GPU's uuid is made
 * of the node's name and the GPU's index, an instance's of these and its start.
 */
public final class Inventory {
  public static final String ANNOTATION = "kerf.gpu/inventory";

  private static final int H100_MIB = 81_559;
  private static final int A100_MIB = 40_960;

  private final String node;
  private final List<String> gpus = new ArrayList<>();

  private Inventory(String node) {
    this.node = node;
  }

  public static Inventory of(String node) {
    return new Inventory(node);
  }

  /** Eight H100 of 80 GB, for whole GPUs and shares. */
  public static Inventory eightH100(String node) {
    return of(node).plain("H100-80GB", H100_MIB, 8);
  }

  /** Four A100 of 40 GB, each cut into 3g.20gb, 2g.10gb and two 1g.5gb. */
  public static Inventory fourCutA100(String node) {
    Inventory inventory = of(node);
    for (int gpu = 0; gpu < 4; gpu++) {
      inventory.mig("A100-40GB", A100_MIB, "2g.10gb@0", "1g.5gb@2", "1g.5gb@3", "3g.20gb@4");
    }
    return inventory;
  }

  /** Two plain H100 and two A100 that are cut into seven 1g.5gb each. */
  public static Inventory mixed(String node) {
    String[] sevenths = new String[7];
    for (int start = 0; start < sevenths.length; start++) {
      sevenths[start] = "1g.5gb@" + start;
    }
    return of(node)
        .plain("H100-80GB", H100_MIB, 2)
        .mig("A100-40GB", A100_MIB, sevenths)
        .mig("A100-40GB", A100_MIB, sevenths);
  }

  /** Adds equal GPUs that nothing is cut on. */
  public Inventory plain(String model, int memoryMiB, int count) {
    for (int i = 0; i < count; i++) {
      gpus.add(gpu(model, memoryMiB, "\"mode\":\"plain\""));
    }
    return this;
  }

  /** Adds a GPU with instances, each as {@code profile@start}. */
  public Inventory mig(String model, int memoryMiB, String... instances) {
    List<String> listed = new ArrayList<>();
    for (String instance : instances) {
      int at = instance.indexOf('@');
      String start = instance.substring(at + 1);
      listed.add(
          "{\"uuid\":\"MIG-%s-%d-%s\",\"profile\":\"%s\",\"start\":%s}"
              .formatted(node, gpus.size(), start, instance.substring(0, at), start));
    }
    gpus.add(
        gpu(model, memoryMiB, "\"mode\":\"mig\",\"instances\":[" + String.join(",", listed) + "]"));
    return this;
  }

  /** The value of the annotation. */
  public String json() {
    return "{\"v\":1,\"gpus\":[" + String.join(",", gpus) + "]}";
  }

  /** The node: managed by Kerf, of 128 cores and 1 TiB, its kubelet played by kwok. */
  public String manifest() {
    return """
        ---
        apiVersion: v1
        kind: Node
        metadata:
          name: %1$s
          annotations: {%2$s: fake, %3$s: '%4$s'}
          labels: {kubernetes.io/hostname: %1$s, kerf.gpu/managed: "true"}
        status:
          capacity: {cpu: "128", memory: 1Ti, pods: "250"}
          allocatable: {cpu: "128", memory: 1Ti, pods: "250"}
        """
        .formatted(node, Kwok.ANNOTATION, ANNOTATION, json());
  }

  private String gpu(String model, int memoryMiB, String more) {
    return "{\"index\":%d,\"uuid\":\"GPU-%s-%d\",\"model\":\"%s\",\"memoryMiB\":%d,%s}"
        .formatted(gpus.size(), node, gpus.size(), model, memoryMiB, more);
  }
}
