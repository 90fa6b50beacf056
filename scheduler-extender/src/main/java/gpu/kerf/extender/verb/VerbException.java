package gpu.kerf.extender.verb;

import gpu.kerf.extender.state.Trouble;

/** A verb that has no place for an error in its answer could not be carried out. */
public final class VerbException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Trouble trouble;

  public VerbException(Trouble trouble) {
    super(trouble.answer());
    this.trouble = trouble;
  }

  public Trouble trouble() {
    return trouble;
  }
}
