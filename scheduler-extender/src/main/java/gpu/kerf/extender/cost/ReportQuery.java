package gpu.kerf.extender.cost;

import gpu.kerf.model.cost.CostReport;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What is asked for. */
public record ReportQuery(CostReport.By by, ReportFormat format, ReportSpan span) {

  /**
   * One of the words of an enum.
   *
   * @throws ReportException that names all words
   */
  public static <E extends Enum<E>> E word(Class<E> type, String name, String text)
      throws ReportException {
    for (E each : type.getEnumConstants()) {
      if (word(each).equals(text)) {
        return each;
      }
    }
    String words =
        Arrays.stream(type.getEnumConstants())
            .map(ReportQuery::word)
            .collect(Collectors.joining(", "));
    throw new ReportException(name + " (" + text + ") is unknown.", "Write one of " + words + ".");
  }

  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
