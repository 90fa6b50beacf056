package gpu.kerf.extender.cluster.kubernetes;

import gpu.kerf.extender.wire.WireException;

/**
 * Who takes in objects of one kind. {@link #read} is called by the thread that hears, the rest by
 * the one that owns the ledger.
 */
interface Sink<T> {

  T read(Meta meta, Piece json) throws WireException;

  void put(Meta meta, T object);

  /** An object is there that cannot be read. */
  void unreadable(Meta meta, String problem);

  void gone(Meta meta);
}
