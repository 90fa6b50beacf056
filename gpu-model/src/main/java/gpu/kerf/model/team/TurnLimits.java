package gpu.kerf.model.team;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.PodDemand.Container;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.team.Work.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whether the limits on the way from a team to the top leave room for work. */
final class TurnLimits {

  private TurnLimits() {}

  /**
   * The reason why work would break a limit; null if none.
   *
   * @param holding what it would hold, or at least its sum
   * @param kept what is held for it already
   */
  static @Nullable WaitReason broken(
      TeamNode leaf, Work work, GpuHolding holding, @Nullable GpuHolding kept) {
    WaitReason budget = overspent(leaf, work, holding);
    if (budget != null) {
      return budget;
    }
    GpuHolding own = kept == null ? GpuHolding.NONE : kept;
    if (!work.evictable() && leaf.fixed - own.milli() + holding.milli() > leaf.guarantee()) {
      return new WaitReason.NotEvictable(leaf.name(), new GpuAmount(leaf.guarantee()));
    }
    for (TeamNode node = leaf; node != null; node = node.parent) {
      long held = node.held - own.milli();
      if (holding.milli() > 0 && held + holding.milli() > node.limit()) {
        return limit(node, null, held, node.limit());
      }
      for (Map.Entry<String, TeamNode.ModelPart> part : node.models.entrySet()) {
        String model = part.getKey();
        long heldOfModel = part.getValue().held - own.of(model);
        long wanted = holding.of(model);
        if (wanted > 0 && heldOfModel + wanted > part.getValue().limit) {
          return limit(node, model, heldOfModel, part.getValue().limit);
        }
      }
    }
    return null;
  }

  private static @Nullable WaitReason overspent(TeamNode leaf, Work work, GpuHolding holding) {
    for (TeamNode node = leaf; node != null && holding.milli() > 0; node = node.parent) {
      NodeBudget budget = node.budget;
      if (budget != null && budget.refuses(holding.milli(), work.longestMillis())) {
        return new WaitReason.Budget(node.name(), budget.balance, !budget.balance.isExhausted());
      }
    }
    return null;
  }

  private static WaitReason limit(TeamNode node, @Nullable String model, long held, long limit) {
    return new WaitReason.Limit(
        node.name(), model, new GpuAmount(Math.max(0, held)), new GpuAmount(limit));
  }

  /** The limit, of all or of models, that leaves no room for work; null if none does. */
  static @Nullable WaitReason inTheWay(TeamNode leaf, WaitingWork waiting, GpuModels models) {
    WaitReason broken = broken(leaf, waiting.work, waiting.shape.atMinimum(), waiting.kept);
    return broken != null || withinModels(leaf, waiting.work, models) != null
        ? broken
        : ofModels(leaf, waiting);
  }

  /** The limit of the first model that the work could use. */
  static WaitReason ofModels(TeamNode leaf, WaitingWork waiting) {
    for (TeamNode node = leaf; node != null; node = node.parent) {
      for (Map.Entry<String, TeamNode.ModelPart> part : node.models.entrySet()) {
        TeamNode.ModelPart of = part.getValue();
        if (of.limit != Long.MAX_VALUE && of.held + waiting.shape.least() > of.limit) {
          return limit(node, part.getKey(), of.held, of.limit);
        }
      }
    }
    return WaitReason.NoRoom.NOW;
  }

  /**
   * The same work on the models alone whose limits leave room for it; null if none do. Where no
   * limit of a model is reached, it is the work itself.
   */
  static @Nullable Work withinModels(TeamNode leaf, Work work, GpuModels models) {
    List<String> open = new ArrayList<>();
    boolean closed = false;
    for (int i = 0; i < models.size(); i++) {
      if (isOpen(leaf, work, models.get(i))) {
        open.add(models.get(i).name());
      } else {
        closed = true;
      }
    }
    return closed ? onModels(work, open) : work;
  }

  private static boolean isOpen(TeamNode leaf, Work work, GpuModel model) {
    for (TeamNode node = leaf; node != null; node = node.parent) {
      TeamNode.ModelPart part = node.models.get(model.name());
      if (part != null && part.limit != Long.MAX_VALUE) {
        long least = 0;
        for (PodDemand demand : work.demands()) {
          least += Math.max(0, GpuMeasure.on(demand, model));
        }
        if (part.held + least > part.limit) {
          return false;
        }
      }
    }
    return true;
  }

  private static @Nullable Work onModels(Work work, List<String> open) {
    List<Member> members = new ArrayList<>();
    for (Member member : work.members()) {
      List<Container> containers = new ArrayList<>();
      for (Container container : member.demand().containers()) {
        Demand demand = container.demand();
        List<String> names =
            demand.models().isEmpty()
                ? open
                : demand.models().stream().filter(open::contains).toList();
        if (names.isEmpty()) {
          return null;
        }
        containers.add(new Container(container.name(), demand.onModels(names)));
      }
      members.add(
          new Member(
              member.holder(), member.demand().withContainers(containers), member.longestMillis()));
    }
    return new Work(
        work.id(),
        work.team(),
        work.priority(),
        work.since(),
        members,
        work.minimum(),
        work.evictable());
  }
}
