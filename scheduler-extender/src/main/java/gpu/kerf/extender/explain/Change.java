package gpu.kerf.extender.explain;

import gpu.kerf.model.demand.PodDemand;
import java.util.List;
import java.util.Map;

/**
 * A change of a demand after which it would fit now.
 *
 * @param steps what to do, each as a text
 * @param patch what to write in the manifest, as a strategic merge patch; null removes a key
 * @param loss what the user loses by it, in thousandths of the demand; changes are ordered by it
 * @param demand the changed demand
 * @param node where it would go
 */
public record Change(
    List<String> steps, Map<String, Object> patch, int loss, PodDemand demand, String node) {

  public Change {
    steps = List.copyOf(steps);
  }

  /** As a text: {@code ask for 9856Mi instead of 16Gi}. */
  public String text() {
    return String.join(", and ", steps);
  }
}
