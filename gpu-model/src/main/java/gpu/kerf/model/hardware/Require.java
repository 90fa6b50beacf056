package gpu.kerf.model.hardware;

import java.util.function.Supplier;

/**
 * Argument checks. Their error texts name the variable and its value, then say what to use instead.
 */
final class Require {

  /** 16 TiB: no GPU is near it, and bytes written where MiB are meant always pass it. */
  static final int MOST_MEMORY_MIB = 1 << 24;

  private Require() {}

  static void that(boolean holds, String hint, Supplier<String> problem) {
    if (!holds) {
      throw new IllegalArgumentException(problem.get() + "\n" + hint);
    }
  }

  static int between(String variable, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "The %s (%d) must be between %d and %d.".formatted(variable, value, least, most));
    }
    return value;
  }

  static int memoryMiB(String owner, int memoryMiB) {
    that(
        memoryMiB > 0 && memoryMiB <= MOST_MEMORY_MIB,
        "Maybe it was written in bytes: an H100 has 81559 MiB.",
        () ->
            "The memory (%d MiB) of %s must be between 1 and %d MiB."
                .formatted(memoryMiB, owner, MOST_MEMORY_MIB));
    return memoryMiB;
  }

  static String text(String variable, String value) {
    that(
        !value.isBlank() && value.equals(value.strip()),
        "Maybe a name is missing.",
        () ->
            "The %s (\"%s\") must not be blank nor have blanks around it."
                .formatted(variable, value));
    return value;
  }
}
