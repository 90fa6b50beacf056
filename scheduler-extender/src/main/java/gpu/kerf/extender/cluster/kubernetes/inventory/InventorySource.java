package gpu.kerf.extender.cluster.kubernetes.inventory;

import gpu.kerf.extender.wire.WireException;
import org.jspecify.annotations.Nullable;

/** One kind of record by which nodes report their GPUs. */
public interface InventorySource {

  /** Its name in the log. */
  String name();

  /** The GPUs of a node; null if it does not say anything in this way. */
  @Nullable Inventory of(NodeFacts node) throws WireException;
}
