package gpu.kerf.extender.cluster.kubernetes.objects;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds the drivers whose devices a CEL selector can match, where its text says so.
 *
 * <p>Kerf does not evaluate CEL. It reads two forms, which are those of nearly all DeviceClasses:
 * {@code device.driver == "name"} and {@code device.driver in ["name", ...]}, alone or as parts of
 * {@code &&} and {@code ||}. An {@code &&} can match no device that one of its parts cannot match,
 * and an {@code ||} only those that one of its parts can. Of everything else nothing is known, so
 * that the answer is never smaller than the truth.
 */
final class DriverSelector {
  private static final String STRING = "(?:\"([^\"\\\\]*)\"|'([^'\\\\]*)')";
  private static final Pattern EQUALS = Pattern.compile("device\\.driver\\s*==\\s*" + STRING);
  private static final Pattern TURNED = Pattern.compile(STRING + "\\s*==\\s*device\\.driver");
  private static final Pattern LISTED =
      Pattern.compile(
          "device\\.driver\\s+in\\s*\\[\\s*(" + STRING + "(?:\\s*,\\s*" + STRING + ")*+)\\s*]");
  private static final Pattern EACH = Pattern.compile(STRING);
  private static final int DEEPEST = 50;

  private DriverSelector() {}

  /** The drivers; null if the text does not say. */
  static @Nullable Set<String> drivers(String expression) {
    return drivers(expression.strip(), 0);
  }

  private static @Nullable Set<String> drivers(String expression, int depth) {
    List<String> choices = depth > DEEPEST ? List.of() : split(expression, "||");
    if (choices.isEmpty()) {
      return null;
    }
    Set<String> any = new HashSet<>();
    for (String choice : choices) {
      Set<String> one = ofAll(choice, depth);
      if (one == null) {
        return null;
      }
      any.addAll(one);
    }
    return any;
  }

  /** Those that every part can match. */
  private static @Nullable Set<String> ofAll(String conjunction, int depth) {
    Set<String> all = null;
    for (String part : split(conjunction, "&&")) {
      all = both(all, ofPart(part, depth));
    }
    return all;
  }

  /** Those that two selectors can match; null stands for every driver. */
  static @Nullable Set<String> both(@Nullable Set<String> one, @Nullable Set<String> other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    Set<String> common = new HashSet<>(one);
    common.retainAll(other);
    return common;
  }

  private static @Nullable Set<String> ofPart(String part, int depth) {
    Matcher equal = EQUALS.matcher(part);
    if (equal.matches()) {
      return names(equal.group());
    }
    Matcher turned = TURNED.matcher(part);
    if (turned.matches()) {
      return names(turned.group());
    }
    Matcher listed = LISTED.matcher(part);
    if (listed.matches()) {
      return names(listed.group(1));
    }
    return isInBrackets(part)
        ? drivers(part.substring(1, part.length() - 1).strip(), depth + 1)
        : null;
  }

  private static Set<String> names(String text) {
    Set<String> names = new HashSet<>();
    Matcher each = EACH.matcher(text);
    while (each.find()) {
      names.add(each.group(1) != null ? each.group(1) : each.group(2));
    }
    return names;
  }

  /** Whether the first bracket closes with the last letter. */
  private static boolean isInBrackets(String part) {
    Scan scan = new Scan(part);
    while (scan.next()) {
      boolean last = scan.at == part.length() - 1;
      if (scan.depth == 0 && !last) {
        return false;
      }
    }
    return part.startsWith("(") && part.endsWith(")") && scan.isWhole();
  }

  /**
   * The parts between double operators of one kind that stand in no brackets and no strings; none
   * if the text is of a kind that is not read.
   */
  private static List<String> split(String text, String operator) {
    List<String> parts = new ArrayList<>();
    Scan scan = new Scan(text);
    int from = 0;
    while (scan.next()) {
      int at = scan.at;
      if (scan.depth == 0 && !scan.inString && text.charAt(at) == '?') {
        return List.of(); // a condition binds looser than both operators
      }
      if (scan.depth == 0 && !scan.inString && text.startsWith(operator, at)) {
        parts.add(text.substring(from, at).strip());
        from = at + 2;
        scan.next();
      }
    }
    parts.add(text.substring(from).strip());
    return scan.isWhole() ? parts : List.of();
  }

  /** Goes through a text letter by letter, and knows whether it is in brackets or in a string. */
  private static final class Scan {
    private final String text;
    private int at = -1;
    private int depth;
    private boolean inString;
    private char quote;
    private boolean odd;

    Scan(String text) {
      this.text = text;
    }

    boolean next() {
      at++;
      if (at >= text.length()) {
        return false;
      }
      char letter = text.charAt(at);
      // Escapes, strings over lines and comments could hide where a string ends.
      odd |= letter == '\\' || (inString ? letter == '\n' : startsOddly());
      if (inString) {
        inString = letter != quote;
      } else if (letter == '"' || letter == '\'') {
        inString = true;
        quote = letter;
      } else if (letter == '(' || letter == '[' || letter == '{') {
        depth++;
      } else if (letter == ')' || letter == ']' || letter == '}') {
        depth--;
        odd |= depth < 0;
      }
      return true;
    }

    private boolean startsOddly() {
      return text.startsWith("//", at)
          || text.startsWith("\"\"\"", at)
          || text.startsWith("'''", at);
    }

    /** Whether every bracket and every string has its end, and nothing was odd. */
    boolean isWhole() {
      return depth == 0 && !inString && !odd;
    }
  }
}
