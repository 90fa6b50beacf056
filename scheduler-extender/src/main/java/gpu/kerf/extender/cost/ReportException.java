package gpu.kerf.extender.cost;

/** A report that cannot be made as it was asked for. */
public final class ReportException extends Exception {
  private static final long serialVersionUID = 1;

  private final String what;
  private final String hint;

  public ReportException(String what, String hint) {
    super(what + "\n" + hint);
    this.what = what;
    this.hint = hint;
  }

  public String what() {
    return what;
  }

  /** What to write instead. */
  public String hint() {
    return hint;
  }
}
