package gpu.kerf.extender.service;

import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.cluster.ForwardingListener;
import gpu.kerf.extender.cluster.Quarantined;
import gpu.kerf.extender.state.FleetView;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.telemetry.Accounting;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ClusterListener} that passes each event to the scheduling and to the accounting at the
 * same moment, so that a pod's use ends when the pod ends.
 */
final class AccountingListener extends ForwardingListener {
  private final Scheduling scheduling;
  private final Accounting accounting;
  private final FleetView fleet;
  private final Consumer<String> touched;

  /**
   * @param next is told of pods after the scheduling and the accounting
   * @param touched is told of nodes that must be shown anew although their GPUs hold what they held
   */
  AccountingListener(
      Scheduling scheduling,
      Accounting accounting,
      ClusterListener next,
      FleetView fleet,
      Consumer<String> touched) {
    super(next);
    this.scheduling = scheduling;
    this.accounting = accounting;
    this.fleet = fleet;
    this.touched = touched;
  }

  @Override
  public void nodeChanged(NodeSpec node) {
    super.nodeChanged(node);
    accounting.follow(scheduling.ledger(), node.name());
    fleet.nodesChanged();
  }

  @Override
  public void nodeUnusable(String name, String problem) {
    super.nodeUnusable(name, problem);
    fleet.nodesChanged();
  }

  @Override
  public void nodeRemoved(String name) {
    super.nodeRemoved(name);
    fleet.nodesChanged();
  }

  @Override
  public void podChanged(PodView pod) {
    String before = nodeOf(pod.uid());
    super.podChanged(pod);
    follow(before, nodeOf(pod.uid()));
  }

  @Override
  public void podEnded(String uid) {
    String before = nodeOf(uid);
    super.podEnded(uid);
    follow(before, nodeOf(uid));
  }

  @Override
  public void podQuarantined(String uid, Quarantined hold) {
    super.podQuarantined(uid, hold);
    String node = nodeOf(uid);
    if (node != null) {
      touched.accept(node);
    }
  }

  private @Nullable String nodeOf(String uid) {
    Entry entry = scheduling.ledger().entry(uid);
    return entry == null ? null : entry.placement().node();
  }

  private void follow(@Nullable String before, @Nullable String after) {
    if (before != null) {
      accounting.follow(scheduling.ledger(), before);
    }
    if (after != null && !after.equals(before)) {
      accounting.follow(scheduling.ledger(), after);
    }
  }
}
