package gpu.kerf.extender.cluster.kubernetes.calling;

/** No API server can be reached with what is set; says what was looked for, and a hint. */
public final class AccessException extends Exception {
  private static final long serialVersionUID = 1L;

  public AccessException(String message) {
    super(message);
  }

  public AccessException(String message, Throwable cause) {
    super(message, cause);
  }
}
