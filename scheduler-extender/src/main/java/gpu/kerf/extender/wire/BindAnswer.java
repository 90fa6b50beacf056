package gpu.kerf.extender.wire;

import org.jspecify.annotations.Nullable;

/**
 * What bind answers.
 *
 * @param verbError why the pod is not bound; null if it is
 */
public record BindAnswer(@Nullable VerbError verbError) {

  public static final BindAnswer BOUND = new BindAnswer(null);

  public boolean isBound() {
    return verbError == null;
  }

  /** The error on the wire, empty if the pod is bound. */
  public String error() {
    return verbError == null ? "" : verbError.answer();
  }
}
