package gpu.kerf.extender.dialect;

import gpu.kerf.model.demand.PodDemand;
import java.util.List;

/**
 * How a pod is read: what it asks, and what is wrong with how it asks.
 *
 * @param demand what could be read; with problems, only its CPU and memory
 * @param problems each names the place and the value and gives a hint; empty if all is well
 * @param dialect the name of the dialect that it speaks; empty if it says nothing of GPUs
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
    String all = String.join("; ", problems).replace('\n', ' ');
    return all.length() <= LONGEST_TEXT ? all : all.substring(0, LONGEST_TEXT) + "…";
  }
}
