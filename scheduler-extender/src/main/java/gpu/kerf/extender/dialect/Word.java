package gpu.kerf.extender.dialect;

/**
 * One word of a dialect: where it stands in a pod and what it means. The documentation's tables are
 * made of these.
 *
 * @param key as it is written; a part in angle brackets stands for any text
 * @param hint what to write instead of a word that is refused; else empty
 */
public record Word(String key, Place place, Role role, String meaning, String hint) {

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

  boolean isPattern() {
    return key.indexOf('<') >= 0;
  }

  /** What stands before the part that may be any text. */
  String head() {
    return isPattern() ? key.substring(0, key.indexOf('<')) : key;
  }

  private String tail() {
    return isPattern() ? key.substring(key.indexOf('>') + 1) : "";
  }

  /** Whether a key of a pod is this word. */
  boolean matches(String written) {
    if (!isPattern()) {
      return key.equals(written);
    }
    return written.startsWith(head())
        && written.endsWith(tail())
        && written.length() > head().length() + tail().length();
  }

  /** What stands in a key of a pod where this word has its part in angle brackets. */
  String part(String written) {
    return written.substring(head().length(), written.length() - tail().length());
  }
}
