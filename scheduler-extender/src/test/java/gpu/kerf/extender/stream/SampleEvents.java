package gpu.kerf.extender.stream;

import gpu.kerf.extender.state.Decision;
import gpu.kerf.extender.turn.TeamsPicture;
import gpu.kerf.extender.usage.ReleasedPod;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.budget.BudgetPeriod;
import gpu.kerf.model.budget.GpuBudget;
import gpu.kerf.model.placement.Reason;
import gpu.kerf.model.team.Reclaim;
import gpu.kerf.model.usage.UsagePart;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One event of each kind, of the teams research and fraud. */
final class SampleEvents {

  private SampleEvents() {}

  static PodView.Ref pod(String namespace, String name) {
    return new PodView.Ref(namespace, name, "uid-" + name);
  }

  static Decision decision(
      Decision.Verb verb,
      PodView.Ref pod,
      Decision.Outcome outcome,
      Decision.@Nullable Choice chosen,
      List<Decision.Victim> victims) {
    Map<Reason, Integer> refused =
        outcome == Decision.Outcome.REFUSED ? Map.of(Reason.NOT_YOUR_TURN, 3) : Map.of();
    return new Decision(7, 1_000, verb, pod, outcome, "", chosen, null, 1, refused, victims, 41);
  }

  static PodDecision bound(String namespace, String name) {
    Decision.Choice node = new Decision.Choice("a", null, null);
    return new PodDecision(
        decision(
            Decision.Verb.BIND, pod(namespace, name), Decision.Outcome.PLACED, node, List.of()),
        namespace);
  }

  static PodDecision refused(String namespace, String name) {
    return new PodDecision(
        decision(
            Decision.Verb.FILTER, pod(namespace, name), Decision.Outcome.REFUSED, null, List.of()),
        namespace);
  }

  static PodDecision preempts() {
    return new PodDecision(
        decision(
            Decision.Verb.PREEMPT,
            pod("fraud", "urgent"),
            Decision.Outcome.EVICTS,
            new Decision.Choice("a", null, null),
            List.of(new Decision.Victim(pod("research", "train"), 0))),
        "fraud");
  }

  static PodEvicted evicted() {
    return new PodEvicted(
        pod("research", "train"),
        "research",
        "Evicted because team fraud takes back its guarantee for fraud/urgent, and team research"
            + " holds more than its own.");
  }

  static TeamReclaimed reclaimed() {
    return new TeamReclaimed(
        new TeamsPicture.OneReclaim(
            1_000,
            2_000,
            "done",
            Reclaim.Rule.GUARANTEE,
            "fraud",
            "fraud/urgent",
            List.of(new TeamsPicture.OneVictim("research", "research/train", 1, 1_000))));
  }

  static TeamWindowChanged window() {
    return new TeamWindowChanged("research", "nights", "");
  }

  static TeamBudgetChanged budget() {
    GpuBudget budget =
        new GpuBudget(2_000_000, BudgetPeriod.MONTH, ZoneOffset.UTC, GpuBudget.OnExhausted.HOLD);
    long used = budget.milliGpuMillis() / 100 * 96;
    return new TeamBudgetChanged("research", new BudgetBalance(budget, 1_000, 2_000, used, 1_500));
  }

  static PodReleased released(String namespace) {
    return new PodReleased(
        new ReleasedPod(
            pod(namespace, "train"),
            "Job/train",
            namespace,
            List.of(new UsagePart("GPU-1", "H100-80GB", "mps", 250, 20_096)),
            1_000,
            61_000));
  }

  static TeamUsed used(String team) {
    return new TeamUsed(team, "H100-80GB", 3_600_000, 15_000_000, 1_205_760_000);
  }

  static Stream<EventData> all() {
    return Stream.of(
        bound("research", "train"),
        refused("fraud", "score"),
        preempts(),
        evicted(),
        reclaimed(),
        window(),
        budget(),
        released("research"),
        released("fraud"),
        used("research"),
        used("fraud"),
        used(""),
        new Gap(Gap.Reason.OVERWRITTEN, new Position("a1", 3), 9, 5),
        new Gap(Gap.Reason.RESTARTED, new Position("old", 3), 1, 0),
        new Gap(Gap.Reason.UNKNOWN, new Position("", 99), 1, 0));
  }
}
