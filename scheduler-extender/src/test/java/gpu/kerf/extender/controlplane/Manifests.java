package gpu.kerf.extender.controlplane;

/** Objects as a user writes them. */
public final class Manifests {
  private Manifests() {}

  /** A node of 32 cores and 256 GiB without GPUs, whose kubelet kwok plays. */
  public static String node(String name) {
    return """
        apiVersion: v1
        kind: Node
        metadata:
          name: %1$s
          annotations: {%2$s: fake}
          labels: {kubernetes.io/hostname: %1$s}
        status:
          capacity: {cpu: "32", memory: 256Gi, pods: "110"}
          allocatable: {cpu: "32", memory: 256Gi, pods: "110"}
        """
        .formatted(name, Kwok.ANNOTATION);
  }

  /** A pod that asks for one core of the default scheduler. */
  public static String pod(String name) {
    return """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: default}
        spec:
          containers:
          - name: main
            image: app
            resources: {requests: {cpu: "1"}}
        """
        .formatted(name);
  }
}
