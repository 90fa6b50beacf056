package gpu.kerf.extender.wire;

/** Makes a text that people read short, where it can be cut with the least loss. */
public final class ShortText {

  private ShortText() {}

  /**
   * The text, or its first sentences if it is too long, or its first words if the first sentence
   * alone is.
   */
  public static String of(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    String start = text.substring(0, most);
    int sentence = Math.max(start.lastIndexOf(". "), start.lastIndexOf("; "));
    if (sentence > 0) {
      return start.substring(0, sentence + 1) + " …";
    }
    int word = start.lastIndexOf(' ');
    return start.substring(0, word > 0 ? word : most) + "…";
  }
}
