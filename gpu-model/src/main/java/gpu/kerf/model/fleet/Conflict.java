package gpu.kerf.model.fleet;

/** A bound pod whose placement cannot stand in the ledger as it is written on the pod. */
public record Conflict(Entry entry, Kind kind) {

  /** What is wrong with it. */
  public enum Kind {
    /**
     * An older pod holds one of its slots. Both run; nothing more is put on that GPU until one is
     * gone.
     */
    SLOT_HELD("an older pod holds one of its slots"),
    /** The node has no such slot (any more). The GPU gets nothing new until the pod is gone. */
    NO_SUCH_SLOT("its node has no such slot"),
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
