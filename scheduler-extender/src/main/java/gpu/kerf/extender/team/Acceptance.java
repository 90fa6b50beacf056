package gpu.kerf.extender.team;

/**
 * Whether a Team is in force as its manifest says it, and if not, why.
 *
 * @param generation the generation of the manifest that this is about
 * @param message a sentence for people, and a second one that says what to do
 */
public record Acceptance(Reason reason, String message, long generation) {

  /** In one word. */
  public enum Reason {
    ACCEPTED("Accepted"),
    /** A field has a value that Kerf cannot use. */
    INVALID("Invalid"),
    /** The parent is no team, or one that is not in force. */
    UNKNOWN_PARENT("UnknownParent"),
    /** The parent is below the team. */
    CYCLE("Cycle"),
    /** The team lists or selects namespaces and has children. */
    HAS_CHILDREN("HasChildren"),
    /** The parent lists or selects namespaces, so that it can have no children. */
    PARENT_HAS_NAMESPACES("ParentHasNamespaces"),
    /** Children are promised more than their parent has. */
    PROMISES_TOO_MUCH("PromisesTooMuch"),
    /** A namespace belongs to another team already. */
    NAMESPACE_TAKEN("NamespaceTaken");

    private final String word;

    Reason(String word) {
      this.word = word;
    }

    public String word() {
      return word;
    }
  }

  public boolean accepted() {
    return reason == Reason.ACCEPTED;
  }
}
