package gpu.kerf.bench.replay.openb;

import gpu.kerf.bench.replay.DecisionTimes;
import gpu.kerf.bench.replay.KerfPolicy;
import gpu.kerf.bench.replay.Playing;
import gpu.kerf.bench.replay.PolicyName;
import gpu.kerf.bench.replay.ReplayPolicy;
import gpu.kerf.bench.replay.openb.TypicalPods.Typical;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.placement.Placement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Plays one trace under one policy. */
final class OpenbReplay {

  static final List<PolicyName> POLICIES =
      List.of(
          PolicyName.KERF,
          PolicyName.FGD,
          PolicyName.BESTFIT,
          PolicyName.FIRSTFIT,
          PolicyName.RANDOM);

  private final OpenbTrace trace;
  private final int upto;
  private final List<Typical> typical;
  private final Map<Ask, PodDemand> demands = new HashMap<>();

  /**
   * What came of it.
   *
   * @param allocated what is held, in percent of all GPUs
   * @param stranded what is free and no typical pod that needs GPUs could use, in percent of all
   * @param fragments what is free and the next typical pod is expected not to be able to use (FGD)
   */
  record Result(
      Curve allocated,
      Curve stranded,
      Curve fragments,
      int arrivals,
      int placed,
      DecisionTimes times) {}

  /**
   * @param upto the last whole percent of arrivals to play
   */
  OpenbReplay(OpenbTrace trace, int upto) {
    this.trace = trace;
    this.upto = upto;
    this.typical = TypicalPods.of(trace.pods());
    for (Ask ask : trace.pods()) {
      demands.computeIfAbsent(ask, Ask::demand);
    }
  }

  Result play(PolicyName name, long seed) {
    Fleet fleet = trace.fleet();
    Playing playing = new Playing(fleet, policy(name, fleet, seed));
    FreeParts free = new FreeParts(fleet, new Fragmentation(typical));
    Curve allocated = new Curve(upto);
    Curve stranded = new Curve(upto);
    Curve fragments = new Curve(upto);
    double percentPerUnit = 100.0 / trace.capacity();
    long asked = 0;
    long held = 0;
    int arrivals = 0;
    int placed = 0;
    for (Ask ask : trace.arrivals()) {
      asked += ask.total();
      int percent = (int) Math.rint(asked * percentPerUnit);
      if (percent > upto) {
        break;
      }
      PodDemand pod = demands.computeIfAbsent(ask, Ask::demand);
      playing.arrive(pod, arrivals);
      Placement placement = playing.place(pod, arrivals);
      arrivals++;
      if (placement != null) {
        placed++;
        held += ask.total();
        free.changed(placement.node());
      }
      allocated.add(percent, held * percentPerUnit);
      stranded.add(percent, free.stranded() * percentPerUnit);
      fragments.add(percent, free.fragments() * percentPerUnit);
    }
    return new Result(allocated, stranded, fragments, arrivals, placed, playing.times());
  }

  private ReplayPolicy policy(PolicyName name, Fleet fleet, long seed) {
    return switch (name) {
      case KERF -> new KerfPolicy(fleet);
      case FGD -> new HighestScore(fleet, new FgdScore(fleet, typical));
      case BESTFIT -> new HighestScore(fleet, new BestFitScore());
      case FIRSTFIT -> new HighestScore(fleet, (ask, index, node) -> 0);
      case RANDOM -> new RandomFit(fleet, seed);
      case BF_HAMI, MFI -> throw new IllegalArgumentException(name + " places MIG instances only");
    };
  }
}
