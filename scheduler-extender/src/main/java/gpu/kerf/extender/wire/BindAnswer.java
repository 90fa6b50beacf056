package gpu.kerf.extender.wire;

/** What bind answers: an error, or an empty one if the pod is bound. */
public record BindAnswer(String error) {

  public static final BindAnswer BOUND = new BindAnswer("");

  public boolean isBound() {
    return error.isEmpty();
  }
}
