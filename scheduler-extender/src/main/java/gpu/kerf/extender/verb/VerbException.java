package gpu.kerf.extender.verb;

import gpu.kerf.extender.wire.VerbError;

/** A verb that has no place for an error in its answer could not be carried out. */
public final class VerbException extends Exception {
  private static final long serialVersionUID = 1L;

  private final VerbError error;

  public VerbException(VerbError error) {
    super(error.answer());
    this.error = error;
  }

  public VerbError trouble() {
    return error;
  }
}
