package gpu.kerf.extender.cluster;

/** The result of an eviction; its text is the API server's. */
public record EvictResult(Kind kind, String text) {

  /** How it ended. */
  public enum Kind {
    /** It is terminating now, or was already. */
    EVICTED,
    GONE,
    /** A disruption budget does not allow it now. */
    BLOCKED,
    FAILED
  }

  public static final EvictResult EVICTED = new EvictResult(Kind.EVICTED, "");
}
