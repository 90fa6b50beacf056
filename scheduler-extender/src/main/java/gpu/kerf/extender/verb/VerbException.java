package gpu.kerf.extender.verb;

import gpu.kerf.extender.wire.VerbError;

/** An error of a verb whose answer has no field for errors. */
public final class VerbException extends Exception {
  private static final long serialVersionUID = 1L;

  private final VerbError error;

  public VerbException(VerbError error) {
    super(error.answer());
    this.error = error;
  }

  public VerbError verbError() {
    return error;
  }
}
