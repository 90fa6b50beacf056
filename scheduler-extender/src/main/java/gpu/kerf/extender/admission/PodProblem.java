package gpu.kerf.extender.admission;

/**
 * Why a pod is refused.
 *
 * @param what is wrong, with the place and the value
 * @param hint what to write instead
 */
public record PodProblem(Kind kind, String what, String hint) {

  /** The kinds of problems, for metrics. */
  public enum Kind {
    NONSENSE("nonsense"),
    TOO_MUCH("too-much"),
    IMPOSSIBLE("impossible"),
    VARIABLE("variable"),
    ANNOTATION("annotation"),
    PRIVILEGE("privilege"),
    HOST_PATH("host-path"),
    VOLUME("volume"),
    MOUNT("mount"),
    NODE_NAME("node-name"),
    CLAIM("claim"),
    GRACE_PERIOD("grace-period"),
    INCOMPLETE("incomplete"),
    CHANGED("changed");

    private final String word;

    Kind(String word) {
      this.word = word;
    }

    public String word() {
      return word;
    }
  }

  @Override
  public String toString() {
    return what + " " + hint;
  }
}
