package gpu.kerf.extender.stream;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in the log: after the event of this number.
 *
 * @param run of which start of the service; empty for the one that runs
 */
public record Position(String run, long number) {
  private static final Pattern TEXT = Pattern.compile("(?:([a-z0-9]{1,32})-)?([0-9]{1,18})");

  /**
   * A number, or the id of an event.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static Position parse(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "The position (" + text + ") is neither a number nor the id of an event.");
    }
    String run = parts.group(1);
    return new Position(run == null ? "" : run, Long.parseLong(parts.group(2)));
  }

  /** The id of the event that it stands after. */
  @Override
  public String toString() {
    return run.isEmpty() ? Long.toString(number) : run + "-" + number;
  }
}
