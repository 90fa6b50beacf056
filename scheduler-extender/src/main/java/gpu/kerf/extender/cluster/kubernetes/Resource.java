package gpu.kerf.extender.cluster.kubernetes;

import java.util.Map;

/**
 * A kind of object that is watched.
 *
 * @param word its name in the log and in metrics
 * @param selector a part of the query of lists and watches
 * @param optional whether a cluster without it, or one that does not let Kerf see it, is served too
 */
record Resource(String word, String path, Map<String, String> selector, boolean optional) {

  static final Resource NODES = new Resource("nodes", "/api/v1/nodes", Map.of(), false);

  /** Pods that are over hold nothing: to those who look this way they are gone. */
  static final Resource PODS =
      new Resource(
          "pods",
          "/api/v1/pods",
          Map.of("fieldSelector", "status.phase!=Succeeded,status.phase!=Failed"),
          false);

  static final Resource BUDGETS =
      new Resource("budgets", "/apis/policy/v1/poddisruptionbudgets", Map.of(), true);

  static final Resource SLICES =
      new Resource(
          "slices",
          "/apis/resource.k8s.io/v1/resourceslices",
          Map.of("fieldSelector", "spec.driver=gpu.nvidia.com"),
          true);
}
