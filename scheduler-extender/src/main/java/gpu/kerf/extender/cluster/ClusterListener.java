package gpu.kerf.extender.cluster;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.hardware.NodeSpec;

/** What is told of a cluster, on the thread that owns the ledger. */
public interface ClusterListener {

  /** A node is there, or is another than before. */
  void nodeChanged(NodeSpec node);

  /** A node is there, but what it says of its GPUs cannot be used. */
  void nodeUnusable(String name, String problem);

  void nodeGone(String name);

  /** A pod is there, or is another than before; pods of other schedulers, too. */
  void podSeen(PodView pod);

  void podGone(String uid);
}
