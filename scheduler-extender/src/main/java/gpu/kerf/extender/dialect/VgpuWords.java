package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.Milli;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.WallChoice;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The common form of HAMi's dialect and of those derived from it: a number of GPUs, and on each of
 * them an amount or a part of its memory and a part of its multiprocessors. Without a memory word
 * the GPUs are whole.
 *
 * @param percentage empty if there is no such word
 */
record VgpuWords(String count, String memory, String percentage, String cores) {

  private static final int ALL = 100;

  /** What annotations say about all containers of a pod. */
  record PodConstraints(WallChoice wall, List<String> models) {
    static final PodConstraints NONE = new PodConstraints(WallChoice.ANY, List.of());
  }

  /** Reads a pod: first what it says about all of its containers, then each that asks. */
  static GpuReading read(
      PodView pod,
      Function<Draft, PodConstraints> constraints,
      Predicate<Container> asks,
      BiFunction<Container, PodConstraints, Demand> demand) {
    Draft draft = new Draft(pod);
    PodConstraints said = draft.part(() -> constraints.apply(draft));
    PodConstraints known = said == null ? PodConstraints.NONE : said;
    return draft.read(asks, container -> demand.apply(container, known)).reading();
  }

  Demand demand(Container container, PodConstraints constraints) {
    Value number = Draft.limit(container, count);
    if (number.isThere() && number.isNothing()) {
      throw number.problem(
          "is none, and the container asks for a part of a GPU", "Write 1, or leave the rest out");
    }
    int gpus = number.isThere() ? number.gpus() : 1;
    Size size = size(container);
    Demand demand = new Demand(size, gpus, WallChoice.ANY, null, constraints.models);
    Value sm = Draft.limit(container, cores);
    Milli share = sm.isNothing() ? null : sm.percent();
    return size instanceof Size.Whole
        ? whole(demand, container, constraints)
        : part(demand, share, constraints);
  }

  private Demand whole(Demand demand, Container container, PodConstraints constraints) {
    if (constraints.wall == WallChoice.MIG) {
      throw Draft.limit(container, count)
          .problem(
              "asks for whole GPUs, and the pod's mode for MIG instances",
              "Add how much memory it needs: " + memory + ": 8192");
    }
    return demand;
  }

  private static Demand part(Demand demand, @Nullable Milli share, PodConstraints constraints) {
    Demand walled = demand.withWall(constraints.wall);
    return share == null ? walled : walled.withSm(share);
  }

  private Size size(Container container) {
    Value amount = Draft.limit(container, memory);
    Value part = Draft.limit(container, percentage);
    boolean inPercent = !percentage.isEmpty() && part.isThere();
    if (!amount.isNothing() && inPercent) {
      throw amount.problem(
          "stands beside " + percentage,
          "Keep one: an amount in MiB, or a part of the GPU's memory");
    }
    if (!amount.isNothing()) {
      return new Size.Memory(amount.mib(), true);
    }
    Milli share = inPercent ? part.percent() : Milli.ofPercent(ALL);
    return share.value() == Milli.WHOLE ? new Size.Whole() : new Size.Fraction(share);
  }

  /** Reads which modes of HAMi's node side a pod accepts. */
  static WallChoice wall(Value mode) {
    boolean mig = false;
    boolean shares = false;
    for (String name : mode.names()) {
      String known = new Value(mode.key(), name, mode.container()).oneOf("hami-core", "mps", "mig");
      mig |= known.equals("mig");
      shares |= !known.equals("mig");
    }
    if (mig && shares) {
      return WallChoice.ANY;
    }
    return mig ? WallChoice.MIG : WallChoice.MPS;
  }

  /** Reads which models a pod wants and which it does not. */
  static List<String> models(Value wanted, Value unwanted) {
    List<String> models = wanted.isThere() ? ModelNames.with(wanted.names()) : List.of();
    if (!unwanted.isThere()) {
      return models;
    }
    List<String> left = ModelNames.without(unwanted.names(), models);
    if (left.isEmpty()) {
      throw unwanted.problem("leaves no GPU model that could be used", "Maybe leave one name out");
    }
    return left;
  }
}
