package gpu.kerf.extender.state;

/**
 * The latest {@link FleetSnapshot}, for any thread. The thread that owns the scheduling replaces it
 * after nodes have changed: once for a burst of changes, because the replacement waits behind those
 * that are queued already.
 */
public final class FleetView {

  private final Scheduling scheduling;
  private volatile FleetSnapshot latest = FleetSnapshot.EMPTY;
  private boolean renewalComes;

  public FleetView(Scheduling scheduling) {
    this.scheduling = scheduling;
  }

  /** Nodes have changed; called on the thread that owns the scheduling. */
  public void nodesChanged() {
    if (!renewalComes) {
      renewalComes = true;
      scheduling
          .loop()
          .execute(
              () -> {
                renewalComes = false;
                latest = FleetSnapshot.of(scheduling);
              });
    }
  }

  public FleetSnapshot latest() {
    return latest;
  }
}
