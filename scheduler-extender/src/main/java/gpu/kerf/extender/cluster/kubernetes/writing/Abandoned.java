package gpu.kerf.extender.cluster.kubernetes.writing;

/** What became of the claim of a pod that was to be given up. */
public enum Abandoned {
  DONE,

  /**
   * The claim is gone, and the pod still names it: since Kubernetes 1.37 the API server lets the
   * field change, and never go. The pod can start only where it gets a claim again.
   */
  STILL_NAMED,

  /** The pod is bound, and keeps it. */
  BOUND,

  FAILED
}
