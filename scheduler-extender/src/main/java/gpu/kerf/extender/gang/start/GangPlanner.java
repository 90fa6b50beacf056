package gpu.kerf.extender.gang.start;

import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.PodAsk;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.CheapestNodes;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds places for pods that start together, one pod after the other, the largest demand first; it
 * changes nothing.
 *
 * <p>Each pod gets the node that costs least beside those that were placed before it. This finds
 * room for every gang of equal pods whenever there is any on nodes with GPUs of one mode; of pods
 * with unequal demands it may miss a division that fits.
 */
public final class GangPlanner {

  private static final Comparator<KnownPod> LARGEST_FIRST =
      Comparator.comparingLong((KnownPod pod) -> -amount(pod.demand()));

  private final Scheduling scheduling;

  public GangPlanner(Scheduling scheduling) {
    this.scheduling = scheduling;
  }

  /** The nodes that a pod may go to by what Kerf does not know, such as its affinity. */
  @FunctionalInterface
  public interface Offers {

    /** The names of the nodes that a pod may go to; null if all may be tried. */
    @Nullable Set<String> of(String uid);
  }

  /**
   * Places for as many pods as have room, if these are enough; else null. Proposals yield.
   *
   * @param pods that hold nothing yet, but for a proposal
   * @param needed how many of them must have a place
   */
  public @Nullable List<Ledger.Claim> plan(List<KnownPod> pods, int needed, Offers offers) {
    List<KnownPod> sorted = pods.stream().sorted(LARGEST_FIRST).toList();
    List<Entry> own = new ArrayList<>();
    for (KnownPod pod : sorted) {
      Entry entry = scheduling.ledger().entry(pod.uid());
      if (entry != null && entry.yields()) {
        scheduling.ledger().release(pod.uid());
        own.add(entry);
      }
    }
    List<Ledger.Claim> claims = tryPlaces(sorted, needed, offers);
    if (claims.size() < needed) {
      List<Entry> lifted = scheduling.proposals().lift(Integer.MAX_VALUE);
      claims = tryPlaces(sorted, needed, offers);
      scheduling.proposals().putBack(lifted);
    }
    scheduling.proposals().putBack(own);
    return claims.size() < needed ? null : claims;
  }

  private List<Ledger.Claim> tryPlaces(List<KnownPod> pods, int needed, Offers offers) {
    List<Ledger.Claim> claims = new ArrayList<>(pods.size());
    int missing = pods.size() - needed;
    Set<PodDemand> full = new HashSet<>();
    for (KnownPod pod : pods) {
      Set<String> offered = offers.of(pod.uid());
      boolean hopeless = offered == null && full.contains(pod.demand());
      Placement place = hopeless ? null : best(scheduling.ask(pod.demand()), offered);
      if (place == null && offered == null) {
        full.add(pod.demand());
      }
      if (place != null && propose(pod, place)) {
        claims.add(new Ledger.Claim(pod.holder(), place));
      } else if (--missing < 0) {
        break;
      }
    }
    claims.forEach(claim -> scheduling.ledger().release(claim.holder().uid()));
    return claims;
  }

  private boolean propose(KnownPod pod, Placement place) {
    return scheduling
        .ledger()
        .propose(pod.holder(), place, scheduling.elapsedMillis(), Long.MAX_VALUE);
  }

  private @Nullable Placement best(PodAsk ask, @Nullable Set<String> offered) {
    scheduling.chooser().refresh();
    Fleet fleet = scheduling.fleet();
    CheapestNodes cheapest = scheduling.chooser().cheapest();
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      if (node != null && (offered == null || offered.contains(node.name()))) {
        cheapest.offer(ask.prepared(), i, i);
      }
    }
    if (cheapest.index() < 0) {
      return null;
    }
    NodeState node = Objects.requireNonNull(fleet.at(cheapest.index()));
    scheduling.placer().tryOn(ask.prepared(), node);
    return scheduling.placer().placement(ask.prepared(), node);
  }

  /** A rough order by what is hardest to place: GPUs, then CPU. */
  private static long amount(PodDemand demand) {
    return demand.slots() * 10_000_000L + demand.cpuMilli();
  }
}
