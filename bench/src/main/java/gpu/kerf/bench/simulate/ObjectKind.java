package gpu.kerf.bench.simulate;

/** The kinds of object that the simulated API server has. */
enum ObjectKind {
  NODE("/api/v1/nodes"),
  POD("/api/v1/pods"),
  SLICE("/apis/resource.k8s.io/v1/resourceslices"),
  CLAIM("/apis/resource.k8s.io/v1/resourceclaims"),
  DEVICE_CLASS("/apis/resource.k8s.io/v1/deviceclasses"),
  BUDGET("/apis/policy/v1/poddisruptionbudgets"),
  LEASE("/apis/coordination.k8s.io/v1/leases"),
  CONFIG_MAP("/api/v1/configmaps"),
  TEAM("/apis/kerf.gpu/v1alpha1/teams"),
  NAMESPACE("/api/v1/namespaces");

  private final String path;

  ObjectKind(String path) {
    this.path = path;
  }

  /** Where all of them are listed. */
  String path() {
    return path;
  }
}
