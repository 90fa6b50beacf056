package gpu.kerf.extender.cluster;

/** The result of a binding; its text is the API server's. */
public record BindResult(Kind kind, String text) {

  /** How sure it is. */
  public enum Kind {
    BOUND,
    /** 409: bound already, being deleted, gated, or of another uid. */
    CONFLICT,
    NOT_FOUND,
    /** The API server has refused it for another reason, and will not carry it out. */
    REFUSED,
    /** Unknown: no answer came in time. It may have been carried out, or may still be. */
    UNKNOWN
  }

  public static final BindResult BOUND = new BindResult(Kind.BOUND, "");
}
