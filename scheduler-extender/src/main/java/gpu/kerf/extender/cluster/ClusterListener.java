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

/** Receives the events of a cluster, on the thread that owns the ledger. */
public interface ClusterListener {

  /** A node is there, or is another than before. */
  void nodeChanged(NodeSpec node);

  /** A node is there, but what it says of its GPUs cannot be used. */
  void nodeUnusable(String name, String problem);

  /** What kube-scheduler's own filters read of a node that Kerf manages is another than before. */
  default void nodeRulesChanged(String name, NodeRules rules) {}

  /** A node is gone, or is none of Kerf's any more. */
  void nodeRemoved(String name);

  /** A pod is there, or is another than before; pods of other schedulers, too. */
  void podChanged(PodView pod);

  /**
   * A pod is there whose containers have ended. {@link #podEnded} follows, except for pods that
   * were over before anything was heard of them. It may be told again.
   */
  default void podOver(PodView pod) {}

  /** The containers of a pod have ended, whether its object is gone or not. */
  void podEnded(String uid);

  /**
   * A pod was deleted, and its containers may still run; {@link #podEnded} follows when they have
   * surely ended. Told again when the wait has changed.
   */
  default void podQuarantined(String uid, Quarantined hold) {}

  /** An object says how many pods a gang has; null if the object is gone. */
  default void gangSizeChanged(GangKey gang, @Nullable GangSize size) {}

  /** These GPUs of a node, as bits, are ill: they get no new pods. */
  default void gpusUnusable(String node, long gpus) {}

  /** These GPUs of a node, as bits, are used by pods that Kerf did not place. */
  default void gpusForeign(String node, long gpus) {}

  /**
   * These parts of a node's GPUs are allocated to claims of its DRA driver, whether Kerf wrote them
   * or not.
   */
  default void partsClaimed(String node, List<ForeignHold> parts) {}

  /** Whether pods hold GPUs of a node, or may hold some. */
  default boolean isInUse(String node) {
    return true;
  }

  /**
   * The inventory of a node is an older one, which is used because the newer one is worse; empty if
   * that is over.
   */
  default void inventoryDoubtful(String node, String problem) {}

  /** A pod is there that cannot be read; what was known of it stands. */
  default void podUnreadable(PodView.Ref pod, String problem) {}

  /** A pod that asks for GPUs in Kerf's words is on a node, and Kerf did not put it there. */
  default void podMisplaced(PodView.Ref pod, String problem) {}

  /**
   * What teams had used when that was last written, by their names; told before {@link
   * #teamsChanged} of the same teams.
   */
  default void teamUsageRead(Map<String, UsageCheckpoint> usage) {}

  /**
   * The teams in force, their acceptance or their namespaces are others than before. It is not told
   * in a cluster that has never had a Team; after the last Team is gone it is told that there is
   * none.
   */
  default void teamsChanged(AcceptedTeams teams) {}
}
