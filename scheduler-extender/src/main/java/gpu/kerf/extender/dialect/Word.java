package gpu.kerf.extender.dialect;

/**
 * One word of a dialect: where it stands in a pod and what it means. The documentation's tables are
 * made of these.
 */
public final class Word {

  private final String key;
  private final String head;
  private final String tail;
  private final Place place;
  private final Role role;
  private final String meaning;
  private final String hint;

  private Word(String key, Place place, Role role, String meaning, String hint) {
    int open = key.indexOf('<');
    this.key = key;
    this.head = open < 0 ? key : key.substring(0, open);
    this.tail = open < 0 ? "" : key.substring(key.indexOf('>') + 1);
    this.place = place;
    this.role = role;
    this.meaning = meaning;
    this.hint = hint;
  }

  /** Where a word stands. */
  public enum Place {
    LIMIT("limits"),
    ANNOTATION("annotation"),
    LABEL("label");

    private final String shown;

    Place(String shown) {
      this.shown = shown;
    }

    public String shown() {
      return shown;
    }
  }

  /** What a word does. */
  public enum Role {
    /** A pod that has it speaks the dialect. */
    SPEAKS,
    /** It is read beside others; alone it says nothing. */
    JOINS,
    /** It is understood and changes nothing. */
    KEPT,
    /** It names a device or a decision, which no pod may that is not placed yet. */
    REFUSED
  }

  static Word asks(String key, String meaning) {
    return new Word(key, Place.LIMIT, Role.SPEAKS, meaning, "");
  }

  static Word says(String key, String meaning) {
    return new Word(key, Place.ANNOTATION, Role.SPEAKS, meaning, "");
  }

  static Word refused(String key, Place place, String meaning, String hint) {
    return new Word(key, place, Role.REFUSED, meaning, hint);
  }

  Word joining() {
    return new Word(key, place, Role.JOINS, meaning, hint);
  }

  static Word kept(String key, Place place, String meaning) {
    return new Word(key, place, Role.KEPT, meaning, "");
  }

  /** As it is written; a part in angle brackets stands for any text. */
  public String key() {
    return key;
  }

  public Place place() {
    return place;
  }

  public Role role() {
    return role;
  }

  public String meaning() {
    return meaning;
  }

  /** What to write instead of a word that is refused; else empty. */
  public String hint() {
    return hint;
  }

  boolean isPattern() {
    return head.length() < key.length();
  }

  /** What stands before the part that may be any text. */
  String head() {
    return head;
  }

  /** Whether a key of a pod is this word. */
  boolean matches(String written) {
    return isPattern()
        ? written.startsWith(head)
            && written.endsWith(tail)
            && written.length() > head.length() + tail.length()
        : key.equals(written);
  }

  /** What stands in a key of a pod where this word has its part in angle brackets. */
  String part(String written) {
    return written.substring(head.length(), written.length() - tail.length());
  }
}
