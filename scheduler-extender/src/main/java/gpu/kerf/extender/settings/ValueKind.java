package gpu.kerf.extender.settings;

import gpu.kerf.model.cost.Price;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The text form of one kind of value.
 *
 * @param expects what a value looks like, to end the sentence "is not ..."
 */
record ValueKind(Class<?> type, String expects, Function<String, Object> parser) {

  private static final Pattern TIME = Pattern.compile("(\\d{1,15})\\s*(ms|s|m|h|d)");

  private static final List<ValueKind> ALL =
      List.of(
          new ValueKind(String.class, "a text", text -> text),
          new ValueKind(int.class, "a whole number", Integer::valueOf),
          new ValueKind(Price.class, "a price such as 3.20, of at most 6 decimals", Price::parse),
          new ValueKind(boolean.class, "true or false", ValueKind::yesOrNo),
          new ValueKind(
              Duration.class, "a time with its unit, such as 500ms, 10s or 2m", ValueKind::time),
          new ValueKind(
              ByteCount.class, "an amount of memory, such as 64KiB or 16MiB", ByteCount::parse),
          new ValueKind(Names.class, "a list of names, such as [a, b]", Names::parse));

  static ValueKind of(Class<?> type) {
    if (type.isEnum()) {
      return new ValueKind(type, "one of " + words(type), text -> constant(type, text));
    }
    return ALL.stream()
        .filter(kind -> kind.type == type)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("No setting is a " + type + "."));
  }

  /**
   * The value that a text stands for; an {@link IllegalArgumentException} if it stands for none.
   */
  Object parse(String text) {
    try {
      return parser.apply(text.strip());
    } catch (ArithmeticException tooBig) {
      throw new IllegalArgumentException(tooBig);
    }
  }

  /** How a value is written. */
  static String write(Object value) {
    if (value instanceof Enum<?> constant) {
      return word(constant);
    }
    return value instanceof Duration time ? write(time) : value.toString();
  }

  static String write(Duration time) {
    long millis = time.toMillis();
    if (millis % 1000 != 0) {
      return millis + "ms";
    }
    long seconds = millis / 1000;
    long day = Duration.ofDays(1).toSeconds();
    if (seconds % day == 0 && seconds > 0) {
      return seconds / day + "d";
    }
    return seconds % 60 == 0 && seconds > 120 ? seconds / 60 + "m" : seconds + "s";
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static String words(Class<?> type) {
    return Arrays.stream(type.getEnumConstants())
        .map(constant -> word((Enum<?>) constant))
        .collect(Collectors.joining(", "));
  }

  private static Object constant(Class<?> type, String text) {
    for (Object constant : type.getEnumConstants()) {
      if (word((Enum<?>) constant).equalsIgnoreCase(text)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(text);
  }

  private static Object yesOrNo(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException(text);
    };
  }

  private static Object time(String text) {
    Matcher parts = TIME.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(text);
    }
    long amount = Long.parseLong(parts.group(1));
    return switch (parts.group(2)) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }
}
