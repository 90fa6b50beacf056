package gpu.kerf.model.demand;

import java.util.regex.Pattern;

/** How much of each GPU a demand asks for. */
public sealed interface Size {

  /** At least so much memory of a GPU. */
  record Memory(MemoryMiB amount) implements Size {}

  /** A part of the memory of the GPU that it is placed on. */
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
