package gpu.kerf.model.fleet;

/**
 * A bound pod whose placement cannot stand in the ledger as it is written on the pod.
 *
 * @param device which GPU or MIG instance it is about, where that has a name; else empty
 */
public record Conflict(Entry entry, Kind kind, String device) {

  public Conflict(Entry entry, Kind kind) {
    this(entry, kind, "");
  }

  /** What is wrong, and with which device. */
  public String text() {
    return device.isEmpty() ? kind.text() : kind.text() + " (" + device + ")";
  }

  /** What is wrong with it. */
  public enum Kind {
    /**
     * An older pod holds one of its slots. Both run; nothing more is put on that GPU until one is
     * gone.
     */
    SLOT_HELD("an older pod holds one of its slots"),
    /** The GPU has no such slot (any more). It gets nothing new until the pod is gone. */
    NO_SUCH_SLOT("its node has no such slot"),
    /** The node has lost the GPU. No other GPU is closed for it; if it comes back, all is well. */
    GPU_GONE("its node does not have its GPU any more"),
    /** The GPU was cut anew. It gets nothing new until the pod is gone, or its instance is back. */
    INSTANCE_GONE("its GPU does not have its MIG instance any more"),
    /**
     * The node gives no UUIDs, and has other GPUs than when the pod came; or it has stopped giving
     * UUIDs. The pod may use any of them: they get nothing new until it is gone.
     */
    GPU_UNIDENTIFIED(
        "its node has other GPUs than before, or gives no UUIDs, so that it cannot be known which GPU"
            + " it uses"),
    /** The node is not known (yet). */
    NO_SUCH_NODE("its node is not known");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }
}
