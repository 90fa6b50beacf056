package gpu.kerf.extender.demo;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The figures of one team in a running demo. One thread writes them, the views read them. */
final class TeamStatistics {

  int works;
  int starts;
  int finished;

  /** How often it took GPUs back from others. */
  int reclaims;

  /** How many of its works were evicted. */
  int evictions;

  long guaranteeMilli;
  long limitMilli = -1;
  long heldMilli;
  long shareMilli;
  int waiting;
  int mostWaiting;
  String window = "";

  /** The longest time that work waited although the guarantee covered it. */
  long longestCovered;

  private final List<Long> waits = new ArrayList<>();
  private double guaranteeTime;
  private double heldTime;
  private double shareTime;
  private double waitingTime;

  /** So many milliseconds pass with everything as it is. */
  void pass(long millis) {
    guaranteeTime += (double) guaranteeMilli * millis;
    heldTime += (double) heldMilli * millis;
    shareTime += (double) shareMilli * millis;
    waitingTime += (double) waiting * millis;
  }

  /** One life of work has waited so long. */
  void waited(long millis) {
    waits.add(millis);
  }

  Map<String, Object> json(long millis) {
    Map<String, Object> json = new LinkedHashMap<>();
    double total = Math.max(1, millis);
    json.put("meanGuaranteeGpus", Figures.rounded(guaranteeTime / total / 1000, 2));
    json.put("meanShareGpus", Figures.rounded(shareTime / total / 1000, 2));
    json.put("meanHeldGpus", Figures.rounded(heldTime / total / 1000, 2));
    json.put("works", works);
    json.put("finished", finished);
    json.put("starts", starts);
    json.put("meanWaiting", Figures.rounded(waitingTime / total, 2));
    json.put("mostWaiting", mostWaiting);
    json.put("waitMsP50", Figures.percentile(waits, 50));
    json.put("waitMsP95", Figures.percentile(waits, 95));
    json.put("reclaims", reclaims);
    json.put("evictions", evictions);
    json.put("guaranteeMetWithinMs", longestCovered);
    return json;
  }
}
