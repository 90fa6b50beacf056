package gpu.kerf.model.placement;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.MigProfile;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.price.MigPrices;
import gpu.kerf.model.price.PlainPrices;
import gpu.kerf.model.price.Prices;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the slots on a node that take least from the demands that usually come.
 *
 * <p>A node is worth the sum of what its GPUs are worth ({@link Prices}) and of what its free GPUs,
 * CPU and memory are worth together; a placement costs the difference that it makes. For one
 * container on one GPU that is one look at every GPU. Several GPUs of one container are the
 * cheapest ones, near to each other; several containers are tried one after the other and, if that
 * does not work out, in every other way ({@link PodSearch}).
 *
 * <p>One thread at a time: the answer of the last {@link #tryOn} stands in fields, so that trying a
 * node allocates nothing.
 */
public final class Placer {

  static final PodDemand NOTHING = new PodDemand(List.of(), 0, 0);

  private Prices prices;
  private MigOffers[] offers;
  private final WholeSets wholeSets = new WholeSets();
  private final HostCost host = new HostCost();
  private final Choice candidate = new Choice();
  private final Choice[] perGpu = new Choice[NodeSpec.MOST_GPUS];
  private final PodSearch search = new PodSearch(this);
  private Choice[] chosen = {new Choice()};
  private int containers;
  private long taken;
  private int distance;
  private int leftover;
  private int free;

  public Placer(Prices prices) {
    this.prices = prices;
    this.offers = offersAt(prices);
  }

  private static MigOffers[] offersAt(Prices prices) {
    MigOffers[] offers = new MigOffers[prices.models()];
    for (int model = 0; model < offers.length; model++) {
      offers[model] = new MigOffers(prices.mig(model));
    }
    return offers;
  }

  /** From now on placements cost what these prices say. */
  public void use(Prices renewed) {
    this.prices = renewed;
    this.offers = offersAt(renewed);
  }

  /**
   * Says how many MIG instances of each kind of profile the fleet could still start on GPUs of a
   * model.
   */
  public void setSupply(int model, int[] counts) {
    offers[model].setSupply(counts);
  }

  public Prices prices() {
    return prices;
  }

  /** From here on nodes are tried for another decision, which may take its own time to search. */
  public void startDecision() {
    search.startDecision();
  }

  /** Whether a demand fits on a node now; if so, the other methods tell where and at what cost. */
  public boolean tryOn(PreparedDemand demand, NodeState node) {
    demand.refresh();
    PodDemand asked = demand.demand();
    if (!node.hasRoom(asked.cpuMilli(), asked.hostMemoryMiB()) || !demand.canBeHandedOutOn(node)) {
      return false;
    }
    List<Need> needs = demand.needs();
    int number = needs.size();
    reserve(number);
    containers = number;
    free = node.totalFreeMiB;
    if (number == 1) {
      return choose(needs.get(0), node, asked, chosen[0]) && total();
    }
    if (number == 0) {
      host.setOut(node, asked, prices);
      taken = host.taken(0);
      distance = 0;
      leftover = node.totalFreeMiB;
      return true;
    }
    return search.place(demand, node, chosen) && total(search.taken(demand, node, chosen));
  }

  /**
   * Whether a demand fits on a node, decided with a limit of search steps of its own. The limit
   * does not depend on the steps that the decision has used already, so the same state always gives
   * the same answer.
   */
  public boolean fits(PreparedDemand demand, NodeState node, int steps) {
    int left = search.exchangeSteps(steps);
    boolean fits = tryOn(demand, node);
    search.exchangeSteps(left);
    return fits;
  }

  /** As {@link #judge}, with so many steps of search at most. */
  public Verdict judge(PreparedDemand demand, NodeState node, int steps) {
    int left = search.exchangeSteps(steps);
    Verdict verdict = judge(demand, node);
    search.exchangeSteps(left);
    return verdict;
  }

  private void reserve(int number) {
    if (chosen.length < number) {
      chosen = new Choice[number];
      for (int i = 0; i < number; i++) {
        chosen[i] = new Choice();
      }
    }
  }

  private boolean total() {
    taken = chosen[0].taken;
    distance = chosen[0].distance;
    leftover = chosen[0].leftover;
    return true;
  }

  private boolean total(long together) {
    taken = together;
    distance = 0;
    leftover = 0;
    for (int i = 0; i < containers; i++) {
      distance += chosen[i].distance;
      leftover += chosen[i].leftover;
    }
    return true;
  }

  /** What the last fitting placement takes from the demands that usually come. */
  public long taken() {
    return taken;
  }

  public int distance() {
    return distance;
  }

  public Cost cost() {
    return new Cost(taken, distance, leftover, free);
  }

  /** Compares the cost of the last fitting placement without making an object of it. */
  public int compareCostTo(Cost other) {
    int order = Long.compare(taken, other.taken());
    order = order != 0 ? order : Integer.compare(distance, other.distance());
    order = order != 0 ? order : Integer.compare(leftover, other.leftover());
    return order != 0 ? order : Integer.compare(free, other.free());
  }

  /** The last fitting placement, as a value. */
  public Placement placement(PreparedDemand demand, NodeState node) {
    return PodSearch.placement(demand, node, chosen);
  }

  /** Whether a demand fits on a node, and if not, why. */
  public Verdict judge(PreparedDemand demand, NodeState node) {
    return tryOn(demand, node) ? Verdict.FITS : Verdict.of(Refusal.reason(this, demand, node));
  }

  /** The best slots for one need, with the CPU and memory of the whole pod. */
  boolean choose(Need need, NodeState node, PodDemand pod, Choice best) {
    best.clear();
    if (need.whole) {
      return wholeSets.choose(need, node, pod, prices, best);
    }
    return need.count == 1
        ? chooseOne(need, node, pod, best)
        : chooseSeveral(need, node, pod, best);
  }

  private boolean chooseOne(Need need, NodeState node, PodDemand pod, Choice best) {
    if (node.uniform
        && node.allPlain
        && need.isFixed()
        && need.shareMiB(node.onlyModel) > node.largestFreeMiB) {
      return false;
    }
    long untouched = node.untouched;
    host.setOut(node, pod, prices);
    long shareable = node.plain & ~node.unusable & ~node.crowded;
    for (long rest = shareable; rest != 0; rest &= rest - 1) {
      int gpu = Long.numberOfTrailingZeros(rest);
      lookAtShare(
          need, node, gpu, (untouched >> gpu & 1) == 0 ? 0 : holeTaken(node, gpu, untouched), best);
    }
    for (long rest = node.cuttable; rest != 0; ) {
      long alike = rest & node.alike(Long.numberOfTrailingZeros(rest));
      lookAtStarts(need, node, alike, best);
      rest &= ~alike;
    }
    for (long rest = node.fixed & ~node.unusable; rest != 0; rest &= rest - 1) {
      lookAtInstances(need, node, Long.numberOfTrailingZeros(rest), best);
    }
    return !best.isNone();
  }

  /** What taking one untouched GPU takes from demands for several of them. */
  private long holeTaken(NodeState node, int gpu, long untouched) {
    int model = node.model(gpu);
    int alike = Long.bitCount(untouched & node.alike(gpu));
    return prices.holes(model, alike) - prices.holes(model, alike - 1);
  }

  /** What cutting a GPU takes from demands for several whole ones, if it could be given whole. */
  private long holeOfCut(NodeState node, int gpu) {
    long untouched = node.untouched;
    return (untouched >> gpu & 1) == 0 ? 0 : holeTaken(node, gpu, untouched);
  }

  /** Puts what a GPU offers into {@code best} if it is better. */
  private void look(Need need, NodeState node, int gpu, long hole, Choice best) {
    if (node.isPlain(gpu)) {
      lookAtShare(need, node, gpu, hole, best);
    } else if ((node.cuttable >> gpu & 1) != 0) {
      lookAtStarts(need, node, 1L << gpu, best);
    } else if (!node.isDynamic(gpu)) {
      lookAtInstances(need, node, gpu, best);
    }
  }

  private void lookAtShare(Need need, NodeState node, int gpu, long hole, Choice best) {
    int model = node.model(gpu);
    int asked = need.shareMiB(node, gpu);
    int free = node.freeMiB[gpu];
    if (asked == 0
        || asked > free
        || (need.smMilli > 0 && need.smMilli > node.freeSm[gpu])
        || (node.crowded >> gpu & 1) != 0) {
      return;
    }
    PlainPrices table = prices.plain(model);
    boolean untouched = node.isUntouched(gpu);
    long worth = (untouched ? table.wholeWorth() : table.worth(free)) - table.worth(free - asked);
    long cpu =
        (untouched ? table.wholeNeedMilli() : table.needMilli(free))
            - table.needMilli(free - asked);
    long cost = hole + worth + host.taken(cpu);
    if (best.isWorseThan(cost, 0, free - asked)) {
      best.setShare(gpu, cost, free - asked);
    }
  }

  /** Looks at GPUs of one model in mode mig-dynamic. */
  private void lookAtStarts(Need need, NodeState node, long alike, Choice best) {
    int model = node.model(Long.numberOfTrailingZeros(alike));
    MigOffers offers = this.offers[model];
    for (int profile : need.cuttable(model)) {
      int found = cheapestStart(offers, profile, node, alike);
      if (found >= 0) {
        int layout = node.layout[found];
        long cost = startTaken(offers, profile, layout) + holeOfCut(node, found);
        int left = offers.leftover(profile, layout);
        if (best.isWorseThan(cost, 0, left)) {
          best.setMig(found, profile, offers.start(profile, layout), cost, left);
        }
      }
    }
  }

  /** The GPU on which a profile takes least, of those the one that it fills most; -1 if on none. */
  private int cheapestStart(MigOffers offers, int profile, NodeState node, long alike) {
    if ((alike & (node.untouched | node.withMedia)) == 0 && !host.isCounted()) {
      return offers.cheapest(profile, node.layout, alike);
    }
    int found = -1;
    long least = Choice.NONE;
    int fullest = 0;
    for (long rest = alike; rest != 0; rest &= rest - 1) {
      int gpu = Long.numberOfTrailingZeros(rest);
      int layout = node.layout[gpu];
      long cost = startTaken(offers, profile, layout);
      if (cost > least || cost == Choice.NONE || !mediaFits(offers, profile, node, gpu)) {
        continue;
      }
      cost += holeOfCut(node, gpu);
      if (cost > least) {
        continue;
      }
      int left = offers.leftover(profile, layout);
      if (cost < least || left < fullest) {
        found = gpu;
        least = cost;
        fullest = left;
      }
    }
    return found;
  }

  private static boolean mediaFits(MigOffers offers, int profile, NodeState node, int gpu) {
    return (node.withMedia >> gpu & 1) == 0 || offers.mediaFits(profile, node.media[gpu]);
  }

  private long startTaken(MigOffers offers, int profile, int layout) {
    long taken = offers.taken(profile, layout);
    return taken == Choice.NONE || !host.isCounted()
        ? taken
        : taken + host.taken(offers.needTaken(profile, layout));
  }

  private void lookAtInstances(Need need, NodeState node, int gpu, Choice best) {
    int model = node.model[gpu];
    int[] acceptable = need.acceptable(model);
    if (acceptable.length == 0) {
      return;
    }
    MigPrices table = prices.mig(model);
    List<MigInstance> instances = node.spec().gpus().get(gpu).instances();
    for (int i = 0; i < instances.size(); i++) {
      MigInstance instance = instances.get(i);
      int profile = instance.profile().index();
      if ((node.heldInstances[gpu] >> i & 1) == 0 && contains(acceptable, profile)) {
        long cost = table.instanceTaken(profile) + host.taken(table.needOfInstance(profile));
        int left = table.leftover(profile, node.occupied(gpu));
        if (best.isWorseThan(cost, 0, left)) {
          best.setMig(gpu, profile, instance.start(), cost, left);
        }
      }
    }
  }

  private static boolean contains(int[] set, int value) {
    for (int element : set) {
      if (element == value) {
        return true;
      }
    }
    return false;
  }

  /** The cheapest {@code count} GPUs, all behind the same kind of wall. */
  private boolean chooseSeveral(Need need, NodeState node, PodDemand pod, Choice best) {
    chooseAmong(need, node, pod, node.plain, best);
    chooseAmong(need, node, pod, ~node.plain, best);
    return !best.isNone();
  }

  private void chooseAmong(Need need, NodeState node, PodDemand pod, long among, Choice best) {
    host.setOut(node, pod, prices);
    long untouched = node.untouched;
    int offers = 0;
    for (int gpu = 0; gpu < node.model.length; gpu++) {
      if ((among >> gpu & 1) != 0 && node.isUsable(gpu)) {
        Choice offer = slotOf(offers);
        offer.clear();
        look(
            need,
            node,
            gpu,
            (untouched >> gpu & 1) == 0 ? 0 : holeTaken(node, gpu, untouched),
            offer);
        offers += offer.isNone() ? 0 : 1;
      }
    }
    if (offers < need.count) {
      return;
    }
    cheapestFirst(offers, need.count);
    candidate.clear();
    long set = 0;
    for (int i = 0; i < need.count; i++) {
      candidate.add(perGpu[i]);
      set |= 1L << perGpu[i].gpu(0);
    }
    candidate.taken = takenTogether(need, node, pod);
    candidate.distance = node.spec().topology().distanceWithin(set);
    if (best.isWorseThan(candidate)) {
      best.copyFrom(candidate);
    }
  }

  /**
   * Neither CPU nor the loss of sets of untouched GPUs adds up over GPUs: the node is valued before
   * and after.
   */
  private long takenTogether(Need need, NodeState node, PodDemand pod) {
    NodeState after = node.copy();
    for (int i = 0; i < candidate.size; i++) {
      after.hold(candidate.slot(i, need, node));
    }
    after.freeCpuMilli -= pod.cpuMilli();
    return NodeWorth.of(node, prices) - NodeWorth.of(after, prices);
  }

  private Choice slotOf(int i) {
    if (perGpu[i] == null) {
      perGpu[i] = new Choice();
    }
    return perGpu[i];
  }

  /** Sorts the first few by cost; stable, so that the lower GPU index wins among equals. */
  private void cheapestFirst(int offers, int wanted) {
    for (int i = 0; i < wanted; i++) {
      int cheapest = i;
      for (int j = i + 1; j < offers; j++) {
        if (perGpu[cheapest].isWorseThan(perGpu[j])) {
          cheapest = j;
        }
      }
      Choice found = perGpu[cheapest];
      System.arraycopy(perGpu, i, perGpu, i + 1, cheapest - i);
      perGpu[i] = found;
    }
  }

  /** Every single slot that a need could get on a node. */
  List<Choice> options(Need need, NodeState node) {
    List<Choice> options = new ArrayList<>();
    for (int gpu = 0; gpu < node.model.length; gpu++) {
      if (node.isUsable(gpu)) {
        addOptions(need, node, gpu, options);
      }
    }
    return options;
  }

  private void addOptions(Need need, NodeState node, int gpu, List<Choice> options) {
    if (need.whole) {
      if (node.isUntouched(gpu) && need.wholeOn(node.model[gpu])) {
        Choice whole = new Choice();
        whole.setWhole(1L << gpu, WholeSets.worth(node, gpu, prices), 0);
        options.add(whole);
      }
      return;
    }
    if (node.isPlain(gpu)) {
      Choice share = new Choice();
      host.clear();
      lookAtShare(need, node, gpu, 0, share);
      if (!share.isNone()) {
        options.add(share);
      }
      return;
    }
    addInstances(need, node, gpu, options);
  }

  private void addInstances(Need need, NodeState node, int gpu, List<Choice> options) {
    MigOffers offers = this.offers[node.model[gpu]];
    MigPrices table = offers.prices();
    for (int index : need.acceptable(node.model[gpu])) {
      MigProfile profile = node.gpuModel(gpu).profiles().get(index);
      for (int start = 0; start < Byte.SIZE; start++) {
        if (profile.startsAt(start) && node.isFree(new Slot.Mig(gpu, profile, start))) {
          Choice instance = new Choice();
          long cost = offers.takenAt(index, node.layout[gpu], start);
          instance.setMig(gpu, index, start, cost, table.leftover(index, node.occupied(gpu)));
          options.add(instance);
        }
      }
    }
  }
}
