package gpu.kerf.extender.audit;

/** The content of an object is invalid. */
final class UnreadableException extends Exception {
  private static final long serialVersionUID = 1L;

  UnreadableException(String message) {
    super(message);
  }

  String why() {
    return String.valueOf(getMessage());
  }
}
