package gpu.kerf.extender.cluster;

import gpu.kerf.extender.gang.GangKey;
import gpu.kerf.extender.gang.GangSize;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.fleet.ForeignHold;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.usage.UsageCheckpoint;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells another listener all that it is told, so that a subclass names only what it adds to. */
public abstract class ForwardingListener implements ClusterListener {
  private final ClusterListener next;

  protected ForwardingListener(ClusterListener next) {
    this.next = next;
  }

  @Override
  public void nodeChanged(NodeSpec node) {
    next.nodeChanged(node);
  }

  @Override
  public void nodeUnusable(String name, String problem) {
    next.nodeUnusable(name, problem);
  }

  @Override
  public void nodeRulesChanged(String name, NodeRules rules) {
    next.nodeRulesChanged(name, rules);
  }

  @Override
  public void nodeRemoved(String name) {
    next.nodeRemoved(name);
  }

  @Override
  public void podChanged(PodView pod) {
    next.podChanged(pod);
  }

  @Override
  public void podOver(PodView pod) {
    next.podOver(pod);
  }

  @Override
  public void podEnded(String uid) {
    next.podEnded(uid);
  }

  @Override
  public void podQuarantined(String uid, Quarantined hold) {
    next.podQuarantined(uid, hold);
  }

  @Override
  public void gangSizeChanged(GangKey gang, @Nullable GangSize size) {
    next.gangSizeChanged(gang, size);
  }

  @Override
  public void gpusUnusable(String node, long gpus) {
    next.gpusUnusable(node, gpus);
  }

  @Override
  public void partsClaimed(String node, List<ForeignHold> parts) {
    next.partsClaimed(node, parts);
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

  @Override
  public void podMisplaced(PodView.Ref pod, String problem) {
    next.podMisplaced(pod, problem);
  }

  @Override
  public void teamUsageRead(Map<String, UsageCheckpoint> usage) {
    next.teamUsageRead(usage);
  }

  @Override
  public void teamsChanged(AcceptedTeams teams) {
    next.teamsChanged(teams);
  }
}
