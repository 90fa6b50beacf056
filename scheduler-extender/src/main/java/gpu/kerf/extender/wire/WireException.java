package gpu.kerf.extender.wire;

/** A body that says nothing which could be answered; the message says where and what to do. */
public final class WireException extends Exception {
  private static final long serialVersionUID = 1L;

  public WireException(String message) {
    super(message);
  }
}
