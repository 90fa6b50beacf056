package gpu.kerf.extender.cluster.kubernetes.calling;

/**
 * Says that no API server can be reached with the current configuration, names the files and
 * variables that were tried, and gives a hint.
 */
public final class AccessException extends Exception {
  private static final long serialVersionUID = 1L;

  public AccessException(String message) {
    super(message);
  }

  public AccessException(String message, Throwable cause) {
    super(message, cause);
  }
}
