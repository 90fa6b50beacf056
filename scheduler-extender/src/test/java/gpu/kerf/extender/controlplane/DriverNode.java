package gpu.kerf.extender.controlplane;

import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigProfile;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A node whose one GPU a DRA driver hands out, as manifests in the form of NVIDIA's driver. No
 * driver runs there.
 */
public final class DriverNode {
  private static final String MODEL = "H100-80GB";

  public static final String CLASSES =
      """
      apiVersion: resource.k8s.io/v1
      kind: DeviceClass
      metadata: {name: gpu.nvidia.com}
      spec: {selectors: [{cel: {expression: "device.driver == 'gpu.nvidia.com'"}}]}
      ---
      apiVersion: resource.k8s.io/v1
      kind: DeviceClass
      metadata: {name: mig.nvidia.com}
      spec:
        selectors: [{cel: {expression: "device.driver == 'gpu.nvidia.com'"}}]
      """;

  private DriverNode() {}

  public static String node(String name) {
    return """
    ---
    apiVersion: v1
    kind: Node
    metadata:
      name: %1$s
      annotations: {kwok.x-k8s.io/node: fake}
      labels: {kubernetes.io/hostname: %1$s, kerf.gpu/managed: "true", kerf.gpu/delivery: dra}
    status:
      capacity: {cpu: "64", memory: 256Gi, pods: "110"}
      allocatable: {cpu: "64", memory: 256Gi, pods: "110"}
      nodeInfo: {kubeletVersion: v1.36.3}
    """
        .formatted(name);
  }

  /** One GPU that the driver cuts on demand, in the form of NVIDIA's driver. */
  public static String slices(String node) {
    GpuModel model = Objects.requireNonNull(GpuCatalog.builtIn().find(MODEL, 81_559));
    List<String> devices = new ArrayList<>();
    devices.add(device("gpu-0", "gpu", "uuid", "GPU-" + node, "", 0, model.slices()));
    for (MigProfile profile : model.profiles()) {
      for (int start = 0; start < model.slices(); start++) {
        if (profile.startsAt(start)) {
          String name =
              "gpu-0-mig-%s-%d"
                  .formatted(profile.name().replaceAll("[^0-9a-z]", ""), start)
                  .toLowerCase(Locale.ROOT);
          devices.add(
              device(
                  name,
                  "mig",
                  "parentUUID",
                  "GPU-" + node,
                  profile.name(),
                  profile.driverStart(start),
                  profile.size()));
        }
      }
    }
    return """
    ---
    apiVersion: resource.k8s.io/v1
    kind: ResourceSlice
    metadata: {name: %1$s-counters}
    spec:
      driver: gpu.nvidia.com
      nodeName: %1$s
      pool: {name: %1$s, generation: 1, resourceSliceCount: 2}
      sharedCounters: [{name: gpu-0-counter-set, counters: {%2$s}}]
    ---
    apiVersion: resource.k8s.io/v1
    kind: ResourceSlice
    metadata: {name: %1$s-devices}
    spec:
      driver: gpu.nvidia.com
      nodeName: %1$s
      pool: {name: %1$s, generation: 1, resourceSliceCount: 2}
      devices:
    %3$s
    """
        .formatted(node, counters(0, model.slices()), String.join("\n", devices).indent(2));
  }

  private static String device(
      String name, String type, String uuidKey, String uuid, String profile, int from, int size) {
    String more = profile.isEmpty() ? "" : ", profile: {string: " + profile + "}";
    return """
    - name: %s
      attributes: {type: {string: %s}, %s: {string: %s},
        productName: {string: NVIDIA H100 80GB HBM3}%s}
      capacity: {memory: {value: 81559Mi}}
      consumesCounters: [{counterSet: gpu-0-counter-set, counters: {%s}}]\
    """
        .formatted(name, type, uuidKey, uuid, more, counters(from, size));
  }

  private static String counters(int from, int count) {
    List<String> counters = new ArrayList<>();
    for (int i = from; i < from + count; i++) {
      counters.add("memory-slice-" + i + ": {value: \"1\"}");
    }
    return String.join(", ", counters);
  }
}
