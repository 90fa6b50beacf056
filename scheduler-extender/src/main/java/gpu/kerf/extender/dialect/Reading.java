package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.ShortText;
import gpu.kerf.model.demand.PodDemand;
import java.util.List;

/**
 * The result of reading a pod: its demand, and the problems in its words.
 *
 * @param demand the demand that was read; if there are problems, only its CPU and memory
 * @param problems each names the place and the value and gives a hint; empty if all is well
 * @param dialect the name of its dialect; empty if it asks for no GPUs
 */
public record Reading(PodDemand demand, List<String> problems, String dialect) {

  /** Of something that asks for nothing. */
  public static final Reading NOTHING = new Reading(new PodDemand(List.of(), 0, 0), List.of(), "");

  /** Longer texts do not help, and stand in the answer once for every node. */
  private static final int LONGEST_TEXT = 400;

  public Reading {
    problems = List.copyOf(problems);
  }

  public boolean isNonsense() {
    return !problems.isEmpty();
  }

  /** All problems in one text, cut where it gets long. */
  public String problemText() {
    return ShortText.of(String.join("; ", problems).replace('\n', ' '), LONGEST_TEXT);
  }
}
