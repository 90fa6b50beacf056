package gpu.kerf.extender.cluster.kubernetes;

import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.cluster.NodeRules;
import gpu.kerf.extender.cluster.Quarantined;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.fleet.ForeignHold;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Writes down what it is told, one line each. */
public class RecordingListener implements ClusterListener {
  public final List<String> lines = new CopyOnWriteArrayList<>();
  public final List<NodeRules> nodeRules = new CopyOnWriteArrayList<>();

  /** What was told last of the parts of a node's GPUs that others have. */
  public volatile List<ForeignHold> parts = List.of();

  /** Whether pods hold GPUs of the nodes. */
  public volatile boolean inUse;

  /** How many of the next calls fail, of those that tell of nodes and of ends. */
  public int failures;

  @Override
  public void nodeChanged(NodeSpec node) {
    fail();
    lines.add("node " + node.name() + " " + node.gpus().size());
  }

  @Override
  public void nodeUnusable(String name, String problem) {
    lines.add("unusable " + name + ": " + problem);
  }

  @Override
  public void nodeRulesChanged(String name, NodeRules rules) {
    nodeRules.add(rules);
  }

  @Override
  public void nodeRemoved(String name) {
    fail();
    lines.add("node gone " + name);
  }

  private void fail() {
    if (failures > 0) {
      failures--;
      throw new IllegalStateException("The listener fails.");
    }
  }

  @Override
  public void podChanged(PodView pod) {
    lines.add("pod " + pod.ref() + " on " + pod.nodeName());
  }

  @Override
  public void podOver(PodView pod) {
    lines.add("pod over " + pod.ref());
  }

  @Override
  public void podEnded(String uid) {
    fail();
    lines.add("pod gone " + uid);
  }

  @Override
  public void podQuarantined(String uid, Quarantined hold) {
    fail();
    lines.add("quarantined " + uid);
  }

  @Override
  public void gpusUnusable(String node, long gpus) {
    lines.add("ill " + node + " " + gpus);
  }

  @Override
  public void gpusForeign(String node, long gpus) {
    lines.add("foreign " + node + " " + gpus);
  }

  @Override
  public void partsClaimed(String node, List<ForeignHold> held) {
    parts = held;
  }

  @Override
  public boolean isInUse(String node) {
    return inUse;
  }

  @Override
  public void inventoryDoubtful(String node, String problem) {
    lines.add("doubtful " + node + ": " + problem);
  }

  @Override
  public void podUnreadable(PodView.Ref pod, String problem) {
    lines.add("unreadable " + pod);
  }

  @Override
  public void podMisplaced(PodView.Ref pod, String problem) {
    lines.add("misplaced " + pod + ": " + problem);
  }
}
