package gpu.kerf.extender.cluster;

/** The result of taking the gate off a pod; its text is the API server's. */
public record GateResult(Kind kind, String text) {

  /** How it ended. */
  public enum Kind {
    /** The pod has no gate of Kerf's any more. */
    OPENED,
    /** There is no such pod, or another one of this name. */
    GONE,
    /** The API server does not allow it, because of a rule in the cluster for example. */
    REFUSED,
    /** No answer came, or the API server could not do it now. */
    FAILED
  }

  public static final GateResult OPENED = new GateResult(Kind.OPENED, "");
}
