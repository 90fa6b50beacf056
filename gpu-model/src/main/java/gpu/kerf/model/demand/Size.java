package gpu.kerf.model.demand;

import java.util.regex.Pattern;

/** How much of each GPU a demand asks for. */
public sealed interface Size {

  /**
   * Whether every slot of this size is at least as large as one of another size, on any GPU. Sizes
   * of different kinds cannot be compared: a whole GPU may have less than an amount of memory.
   */
  default boolean covers(Size other) {
    if (this instanceof Memory mine && other instanceof Memory its) {
      return mine.nominal == its.nominal && mine.amount.compareTo(its.amount) >= 0;
    }
    if (this instanceof Fraction mine && other instanceof Fraction its) {
      return mine.part.value() >= its.part.value();
    }
    return equals(other);
  }

  /**
   * At least so much memory of a GPU.
   *
   * @param nominal whether it is meant as MIG profiles are called: 5120 MiB are {@code 1g.5gb},
   *     which has 4864, and as large a part of the multiprocessors
   */
  record Memory(MemoryMiB amount, boolean nominal) implements Size {

    /** Exactly that amount: names of profiles do not count. */
    public Memory(MemoryMiB amount) {
      this(amount, false);
    }

    /** Another amount, meant in the same way. */
    public Memory with(MemoryMiB other) {
      return new Memory(other, nominal);
    }
  }

  /**
   * A part of the GPU that it is placed on: of the memory of a shared one, of the memory slices and
   * the compute slices of one in MIG mode.
   */
  record Fraction(Milli part) implements Size {}

  /** The whole GPU, with no other pod on it. */
  record Whole() implements Size {}

  /** A MIG profile by its name, as {@code nvidia.com/mig-1g.10gb} asks for it. */
  record Profile(String name) implements Size {
    private static final Pattern NAME =
        Pattern.compile("[1-9][0-9]?g\\.[1-9][0-9]{0,3}gb([+-][a-z.]{2,8})?");

    public Profile {
      if (!NAME.matcher(name).matches()) {
        String shown = name.length() > 40 ? name.substring(0, 40) + "…" : name;
        throw new IllegalArgumentException(
            "The MIG profile (" + shown + ") is not a profile name.\nMaybe 1g.10gb.");
      }
    }
  }
}
