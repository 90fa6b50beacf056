package gpu.kerf.extender.service;

import gpu.kerf.extender.cluster.ClusterListener;
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
 * Passes the events of the cluster on, and at the same moment to the accounting, so that what a pod
 * used ends when the pod does.
 */
final class AccountingListener implements ClusterListener {
  private final Scheduling scheduling;
  private final Accounting accounting;
  private final ClusterListener next;
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
    this.scheduling = scheduling;
    this.accounting = accounting;
    this.next = next;
    this.fleet = fleet;
    this.touched = touched;
  }

  @Override
  public void nodeChanged(NodeSpec node) {
    next.nodeChanged(node);
    accounting.follow(scheduling.ledger(), node.name());
    fleet.nodesChanged();
  }

  @Override
  public void nodeUnusable(String name, String problem) {
    next.nodeUnusable(name, problem);
    fleet.nodesChanged();
  }

  @Override
  public void nodeGone(String name) {
    next.nodeGone(name);
    fleet.nodesChanged();
  }

  @Override
  public void podSeen(PodView pod) {
    String before = nodeOf(pod.uid());
    next.podSeen(pod);
    follow(before, nodeOf(pod.uid()));
  }

  @Override
  public void podGone(String uid) {
    String before = nodeOf(uid);
    next.podGone(uid);
    follow(before, nodeOf(uid));
  }

  @Override
  public void podQuarantined(String uid, Quarantined hold) {
    next.podQuarantined(uid, hold);
    String node = nodeOf(uid);
    if (node != null) {
      touched.accept(node);
    }
  }

  @Override
  public void gpusUnusable(String node, long gpus) {
    next.gpusUnusable(node, gpus);
  }

  @Override
  public void gpusForeign(String node, long gpus) {
    next.gpusForeign(node, gpus);
  }

  @Override
  public boolean isInUse(String node) {
    return next.isInUse(node);
  }

  @Override
  public void inventoryDoubtful(String node, String problem) {
    next.inventoryDoubtful(node, problem);
  }

  @Override
  public void podUnreadable(PodView.Ref pod, String problem) {
    next.podUnreadable(pod, problem);
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
