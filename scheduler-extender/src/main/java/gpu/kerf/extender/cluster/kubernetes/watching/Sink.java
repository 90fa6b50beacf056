package gpu.kerf.extender.cluster.kubernetes.watching;

import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.wire.WireException;

/**
 * Receives the objects of one kind. {@link #read} is called on the thread of the watch, the other
 * methods on the thread that owns the ledger.
 */
public interface Sink<T> {

  T read(Meta meta, JsonSlice json) throws WireException;

  void put(Meta meta, T object);

  /** An object is there that cannot be read. */
  void unreadable(Meta meta, String problem);

  /** An object was deleted from the API server. */
  void deleted(Meta meta);

  /** An object was deleted while the watch was interrupted; this is its last state. */
  default void missed(Meta meta, T object) {}
}
