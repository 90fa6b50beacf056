package gpu.kerf.model.team;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A team in the book, with the sums of all that is below it. The root stands for the cluster. */
final class TeamNode {

  final @Nullable TeamTerms terms;
  final @Nullable TeamNode parent;
  final int depth;
  final List<TeamNode> children = new ArrayList<>();
  final Map<String, ModelPart> models = new HashMap<>();

  /** What waits, in the order in which it should start; only of teams without children. */
  final TreeSet<WaitingWork> line = new TreeSet<>();

  /** In thousandths of GPUs; places that are kept for work that waits for evictions are held. */
  long held;

  /** The part of it that is not evictable. */
  long fixed;

  /** The part of it that has a place and is not bound yet. */
  long reserved;

  /** What waits without a place. */
  long waiting;

  int waitingWorks;
  long share;

  /** Null for none. */
  @Nullable NodeBudget budget;

  /**
   * The team, this one or one above it, whose budget is used up so that this team's work runs on
   * what no other team wants; empty if there is none.
   */
  String yields = "";

  /** What a team holds of one GPU model, and what holds for it there. */
  static final class ModelPart {
    final long guarantee;
    final long limit;
    long held;

    /** How much waiting work can run on this model alone. */
    int waitingOnly;

    ModelPart(TeamTerms.ModelTerms terms) {
      guarantee = terms.guarantee().milli();
      limit = terms.limit() == null ? Long.MAX_VALUE : terms.limit().milli();
    }

    boolean isUnder() {
      return waitingOnly > 0 && held < guarantee;
    }
  }

  TeamNode(@Nullable TeamTerms terms, @Nullable TeamNode parent) {
    this.terms = terms;
    this.parent = parent;
    this.depth = parent == null ? 0 : parent.depth + 1;
    if (terms != null) {
      terms.models().forEach((model, part) -> models.put(model, new ModelPart(part)));
    }
    if (parent != null) {
      parent.children.add(this);
    }
  }

  /** Whether its work runs on what no other team wants. */
  boolean yields() {
    return !yields.isEmpty();
  }

  /** The budget because of which it yields; null if it does not. */
  @Nullable NodeBudget yieldsBy() {
    TeamNode node = this;
    while (node != null && !node.name().equals(yields)) {
      node = node.parent;
    }
    return node == null ? null : node.budget;
  }

  /** Whether a budget on the way to the top lets nothing of it start. */
  boolean isStopped() {
    for (TeamNode node = this; node != null; node = node.parent) {
      if (node.budget != null && node.budget.stops()) {
        return true;
      }
    }
    return false;
  }

  /** Whether anything is meant for it: a team without a guarantee and weight gets what is left. */
  boolean hasRights() {
    return !yields()
        && terms != null
        && (guarantee() > 0 || terms.team().weight().milli() > 0 || hasGuaranteeOfModel());
  }

  private boolean hasGuaranteeOfModel() {
    return models.values().stream().anyMatch(part -> part.guarantee > 0);
  }

  /** Whether it, or a team below it, has work in its line, and yields or does not. */
  boolean hasWaiting(boolean ofYielding) {
    if (waitingWorks == 0) {
      return false;
    }
    if (children.isEmpty()) {
      return yields() == ofYielding;
    }
    return children.stream().anyMatch(child -> child.hasWaiting(ofYielding));
  }

  String name() {
    return terms == null ? "" : terms.team().name();
  }

  long guarantee() {
    return terms == null ? 0 : terms.team().guarantee().milli();
  }

  long limit() {
    return terms == null || terms.team().limit() == null
        ? Long.MAX_VALUE
        : terms.team().limit().milli();
  }

  long minRuntimeMillis() {
    return terms == null ? 0 : terms.minRuntime().toMillis();
  }

  /** Whether it holds less than its guarantee, in all or of a model that is waited for. */
  boolean isUnderGuarantee() {
    if (held < guarantee()) {
      return true;
    }
    for (ModelPart part : models.values()) {
      if (part.isUnder()) {
        return true;
      }
    }
    return false;
  }

  /** Whether it is a team or stands below it. */
  boolean isBelow(TeamNode other) {
    TeamNode node = this;
    while (node != null && node != other) {
      node = node.parent;
    }
    return node != null;
  }

  /** Adds what starts, or takes away what ends, on the whole path to the root. */
  void addHeld(GpuHolding holding, boolean evictable, int sign) {
    for (TeamNode node = this; node != null; node = node.parent) {
      node.held += sign * holding.milli();
      node.fixed += evictable ? 0 : sign * holding.milli();
      for (Map.Entry<String, ModelPart> part : node.models.entrySet()) {
        part.getValue().held += sign * holding.of(part.getKey());
      }
    }
  }

  void addReserved(long milli) {
    for (TeamNode node = this; node != null; node = node.parent) {
      node.reserved += milli;
    }
  }

  void addWaiting(WaitingWork work, int sign) {
    String only = work.onlyModel();
    for (TeamNode node = this; node != null; node = node.parent) {
      node.waiting += sign * work.counted();
      node.waitingWorks += sign;
      ModelPart part = only == null ? null : node.models.get(only);
      if (part != null) {
        part.waitingOnly += sign;
      }
    }
  }
}
