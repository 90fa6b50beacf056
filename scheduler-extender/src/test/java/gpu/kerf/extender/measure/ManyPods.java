package gpu.kerf.extender.measure;

import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Many nodes and pods. */
final class ManyPods {
  private static final int H100_MIB = 81_559;

  /** Two priorities. */
  static final String URGENT =
      """
      apiVersion: scheduling.k8s.io/v1
      kind: PriorityClass
      metadata: {name: low}
      value: 1
      ---
      apiVersion: scheduling.k8s.io/v1
      kind: PriorityClass
      metadata: {name: urgent}
      value: 1000
      """;

  private ManyPods() {}

  /** Nodes of two A100-40GB: with 20 GiB on each, 40 GiB are free and 30 GiB fit nowhere. */
  static void pairsOfA100(ControlPlane plane, int count) {
    List<String> manifests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String node = Inventory.of("pair-" + i).plain("A100-40GB", 40_960, 2).manifest();
      manifests.add(node.replace("---\n", ""));
    }
    plane.create("/api/v1/nodes", manifests);
  }

  static void low(ControlPlane plane, String name) {
    prioritised(plane, name, "low", 20);
  }

  static void urgent(ControlPlane plane, String name) {
    prioritised(plane, name, "urgent", 30);
  }

  private static void prioritised(ControlPlane plane, String name, String priority, int gib) {
    String manifest =
        pod(name, "kerf", gib, "")
            .replace(
                "  schedulerName: kerf", "  schedulerName: kerf\n  priorityClassName: " + priority);
    plane.create("/api/v1/namespaces/default/pods", List.of(manifest));
  }

  /** Nodes of eight H100 that have what Kerf advertises already, so that all variants are alike. */
  static void nodes(ControlPlane plane, int count) {
    String capacity =
        "cpu: \"192\", memory: 2Ti, pods: \"500\", kerf.gpu/memory: \"%d\", kerf.gpu/whole: \"8\""
            .formatted((8L * H100_MIB) << 20);
    List<String> manifests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String usual = Inventory.eightH100("node-%05d".formatted(i)).manifest();
      manifests.add(usual.replace("---\n", "").replaceAll("\\{cpu: .*}", "{" + capacity + "}"));
    }
    plane.create("/api/v1/nodes", manifests);
  }

  /** Pods that want a part of a GPU, of the sizes that inference has. */
  static void pods(ControlPlane plane, String prefix, int count, String scheduler) {
    Random random = new Random(1);
    List<String> manifests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      manifests.add(pod(prefix + i, scheduler, 2 + random.nextInt(38), ""));
    }
    plane.create("/api/v1/namespaces/default/pods", manifests);
  }

  static String pod(String name, String scheduler, int gib, String more) {
    return """
        apiVersion: v1
        kind: Pod
        metadata: {name: "%s", namespace: default, labels: {app: llm}%s}
        spec:
          schedulerName: %s
          terminationGracePeriodSeconds: 0
          containers:
          - name: main
            image: app
            resources:
              requests: {cpu: "1", memory: 1Gi}
              limits: {kerf.gpu/memory: %dGi}
        """
        .formatted(name, more, scheduler, gib);
  }

  /** Pods that Kerf has bound before: four shares to a node. */
  static void bound(ControlPlane plane, int count, int nodes) {
    List<String> manifests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String node = "node-%05d".formatted(i % nodes);
      int gpu = i / nodes % 8;
      String record =
          "{\"v\":1,\"node\":\"%s\",\"containers\":[{\"name\":\"main\",\"wall\":\"mps\",\"slots\":[{\"gpu\":%d,\"uuid\":\"GPU-%s-%d\",\"mps\":{\"smMilli\":0},\"memoryMiB\":8192}]}]}"
              .formatted(node, gpu, node, gpu);
      String annotations = ", annotations: {kerf.gpu/placement: '" + record + "'}";
      manifests.add(
          pod("old" + i, "kerf", 8, annotations)
              .replace("  schedulerName: kerf", "  schedulerName: kerf\n  nodeName: " + node));
    }
    plane.create("/api/v1/namespaces/default/pods", manifests);
  }
}
