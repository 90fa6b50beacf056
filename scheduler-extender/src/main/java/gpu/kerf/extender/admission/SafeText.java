package gpu.kerf.extender.admission;

/**
 * Makes texts of users safe to show in answers: short, and without control characters that a
 * terminal would obey.
 */
final class SafeText {

  private static final int LONGEST = 60;

  private SafeText() {}

  static String of(String text) {
    String cut = text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    StringBuilder shown = new StringBuilder(cut.length());
    cut.codePoints().forEach(point -> shown.appendCodePoint(isPlain(point) ? point : '\uFFFD'));
    return shown.toString();
  }

  private static boolean isPlain(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
