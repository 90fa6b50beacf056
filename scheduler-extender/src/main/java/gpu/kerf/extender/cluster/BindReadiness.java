package gpu.kerf.extender.cluster;

/** Whether a binding to a node may be decided now. */
public enum BindReadiness {
  READY,
  /** This replica has not heard yet of all that is on the node. */
  BEHIND,
  /** Another replica binds, or one that has died may still do so. */
  ANOTHER_BINDS,
  /** The API server does not let this replica use the Lease without which none binds. */
  NO_LEASE
}
