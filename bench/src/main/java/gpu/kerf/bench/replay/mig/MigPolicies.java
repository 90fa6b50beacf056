package gpu.kerf.bench.replay.mig;

import gpu.kerf.bench.replay.KerfPolicy;
import gpu.kerf.bench.replay.PolicyName;
import gpu.kerf.bench.replay.ReplayPolicy;
import gpu.kerf.model.fleet.Fleet;
import java.util.List;

/** The policies that place MIG instances. */
final class MigPolicies {

  static final List<PolicyName> ALL =
      List.of(
          PolicyName.KERF,
          PolicyName.BF_HAMI,
          PolicyName.MFI,
          PolicyName.FGD,
          PolicyName.BESTFIT,
          PolicyName.FIRSTFIT,
          PolicyName.RANDOM);

  private MigPolicies() {}

  /** As {@link #make}, for jobs that wait: {@code kerf} also chooses who of the line goes. */
  static ReplayPolicy makeForLine(PolicyName name, Fleet fleet, ProfileMix mix, long seed) {
    return name == PolicyName.KERF ? new AheadPolicy(fleet) : make(name, fleet, mix, seed);
  }

  /**
   * @param mix how often each profile is really asked for, which {@code fgd} alone may know
   * @param seed of {@code random}
   */
  static ReplayPolicy make(PolicyName name, Fleet fleet, ProfileMix mix, long seed) {
    return switch (name) {
      case KERF -> new KerfPolicy(fleet);
      case BF_HAMI -> new LeastCost(fleet, MigRule.bestFitHami());
      case MFI -> new LeastCost(fleet, MigRule.leastFragmentation());
      case FGD -> new LeastCost(fleet, MigRule.leastExpectedFragments(mix));
      case BESTFIT -> new LeastCost(fleet, MigRule.bestFit());
      case FIRSTFIT -> new LeastCost(fleet, MigRule.firstFit());
      case RANDOM -> new RandomStart(fleet, seed);
    };
  }
}
