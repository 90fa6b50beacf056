package gpu.kerf.extender.wire;

/** A body that cannot be read. The message says where the problem is and what to do. */
public final class WireException extends Exception {
  private static final long serialVersionUID = 1L;

  public WireException(String message) {
    super(message);
  }
}
