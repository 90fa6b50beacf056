package gpu.kerf.extender.http;

/** A request that no verb can answer: its body makes no sense, or the service is not ready. */
public final class VerbException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Refusal refusal;

  private VerbException(Refusal refusal) {
    super(refusal.what(), null, false, false);
    this.refusal = refusal;
  }

  /** The body makes no sense. */
  public static VerbException badRequest(String what, String hint) {
    return new VerbException(Refusal.badRequest(what, hint));
  }

  /** There is no answer now, and there may be one later. */
  public static VerbException unavailable(String code, String what, String hint) {
    return new VerbException(new Refusal(503, code, what, hint));
  }

  Refusal refusal() {
    return refusal;
  }
}
