package gpu.kerf.extender.dialect;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.Milli;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The value that a pod gives one word of a dialect.
 *
 * <p>Every amount is exact: whole numbers, thousandths and MiB, never floating point. The API
 * server shortens the whole numbers of resources: what was written as 3000 is stored as {@code 3k}.
 *
 * @param text null if the word is not there
 * @param container the name of the container that has it; empty for an annotation of the pod
 */
record Value(String key, @Nullable String text, String container) {

  private static final Pattern WHOLE = Pattern.compile("\\+?([0-9]{1,30})(k|[eE]\\+?[0-9])?");
  private static final Pattern FRACTION = Pattern.compile("0{0,3}\\.([0-9]{1,60})");
  private static final Pattern WITH_UNIT = Pattern.compile("[0-9.]+ ?([KMGT]i?)?[bB]?");
  private static final Pattern NOTHING = Pattern.compile("0+");
  private static final int MOST_NAMES = 64;

  boolean isThere() {
    return text != null;
  }

  /** It is not there, or says that there is to be none. */
  boolean isNothing() {
    return text == null || isZero(text);
  }

  static boolean isZero(String text) {
    return !text.isEmpty() && text.charAt(0) == '0' && NOTHING.matcher(text).matches();
  }

  private String written() {
    return text == null ? "" : text;
  }

  IllegalArgumentException problem(String what, String hint) {
    String subject = container.isEmpty() ? "The annotation " + key : "The " + key;
    String owner = container.isEmpty() ? "" : " of container " + container;
    return new IllegalArgumentException(
        subject + " (" + Quantity.shown(written()) + ")" + owner + " " + what + ".\n" + hint + ".");
  }

  /** A number of GPUs. */
  int gpus() {
    return (int) whole(1, Demand.MOST_GPUS, "number of GPUs", "Maybe write 2");
  }

  MemoryMiB mib() {
    return mibTimes(1);
  }

  /** A number of pieces of so many MiB each. */
  MemoryMiB mibTimes(int unit) {
    String kind = unit == 1 ? "number of MiB" : "number of pieces of " + unit + " MiB";
    String hint = "Maybe write " + (8192 / unit) + " for 8 GiB";
    String plain = written();
    if (!WHOLE.matcher(plain).matches() && WITH_UNIT.matcher(plain).matches()) {
      throw problem("carries a unit or a fraction, and is a plain " + kind, hint);
    }
    return new MemoryMiB((int) whole(1, MemoryMiB.LARGEST / unit, kind, hint) * unit);
  }

  Milli percent() {
    return Milli.ofPercent((int) whole(1, 100, "percentage", "Maybe write 25 for a quarter"));
  }

  long whole(long least, long most, String kind, String hint) {
    Matcher form = WHOLE.matcher(written());
    if (!form.matches()) {
      throw problem("is no whole number, and is a " + kind, hint);
    }
    BigDecimal number = new BigDecimal(form.group(1)).multiply(unit(form.group(2)));
    if (number.compareTo(BigDecimal.valueOf(least)) < 0
        || number.compareTo(BigDecimal.valueOf(most)) > 0) {
      throw problem("is no " + kind + " between " + least + " and " + most, hint);
    }
    return number.longValueExact();
  }

  private static BigDecimal unit(@Nullable String suffix) {
    if (suffix == null) {
      return BigDecimal.ONE;
    }
    int exponent = suffix.equals("k") ? 3 : suffix.charAt(suffix.length() - 1) - '0';
    return BigDecimal.ONE.scaleByPowerOfTen(exponent);
  }

  /**
   * A part of a GPU between 0 and 1, in thousandths. More digits are cut off, so that three thirds
   * fit on one GPU however they are written.
   */
  Milli fraction() {
    Matcher form = FRACTION.matcher(written());
    if (!form.matches()) {
      boolean more = WHOLE.matcher(written()).matches() || written().matches("[0-9]+\\.[0-9]*");
      throw problem(
          more ? "is not between 0 and 1" : "is no fraction of a GPU",
          "Maybe write 0.5, or nvidia.com/gpu: 1 among the limits for a whole GPU");
    }
    int milli = Integer.parseInt((form.group(1) + "000").substring(0, 3));
    if (milli == 0) {
      throw problem("is less than a thousandth of a GPU", "Maybe write 0.5");
    }
    return new Milli(milli);
  }

  /** An amount of memory with its unit. */
  MemoryMiB quantity() {
    try {
      return MemoryMiB.parse(written());
    } catch (IllegalArgumentException e) {
      throw problem(
          "is no amount of memory between 1Mi and " + MemoryMiB.LARGEST + "Mi",
          "Maybe write it as 8Gi");
    }
  }

  String oneOf(String... known) {
    if (!Arrays.asList(known).contains(written())) {
      throw problem("is not known", "Write one of " + String.join(", ", known));
    }
    return written();
  }

  boolean isTrue() {
    return switch (written().toLowerCase(Locale.ROOT)) {
      case "true", "t", "1" -> true;
      case "false", "f", "0" -> false;
      default -> throw problem("is neither true nor false", "Maybe leave it out");
    };
  }

  /** Names between commas. */
  List<String> names() {
    List<String> names = new ArrayList<>();
    for (String name : written().split(",", MOST_NAMES + 2)) {
      if (name.isBlank() || names.size() == MOST_NAMES) {
        throw problem("has an empty name, or too many", "Maybe a comma too many");
      }
      names.add(name.strip());
    }
    return names;
  }
}
