package gpu.kerf.extender.http;

/** A request that no verb can answer: its body is invalid, or the service is not ready. */
public final class RequestException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient ErrorAnswer refusal;

  private RequestException(ErrorAnswer refusal) {
    super(refusal.what(), null, false, false);
    this.refusal = refusal;
  }

  /** The body makes no sense. */
  public static RequestException badRequest(String what, String hint) {
    return new RequestException(ErrorAnswer.badRequest(what, hint));
  }

  /** There is no answer now, and there may be one later. */
  public static RequestException unavailable(String code, String what, String hint) {
    return new RequestException(new ErrorAnswer(503, code, what, hint));
  }

  ErrorAnswer refusal() {
    return refusal;
  }
}
