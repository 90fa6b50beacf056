package gpu.kerf.extender.audit;

/** What an object says makes no sense. */
final class UnreadableException extends Exception {
  private static final long serialVersionUID = 1L;

  UnreadableException(String message) {
    super(message);
  }

  String why() {
    return String.valueOf(getMessage());
  }
}
