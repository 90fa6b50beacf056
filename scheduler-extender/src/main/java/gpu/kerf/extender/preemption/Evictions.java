package gpu.kerf.extender.preemption;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.cluster.Eviction;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.eviction.Candidate;
import gpu.kerf.model.eviction.PlanOutcome;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Moves plans from one state to the next: evicts the victims, waits until they are gone, and
 * proposes the slots to the pod of the plan.
 *
 * <p>A plan ends when the pod is bound, is gone, or fits elsewhere; when a budget forbids an
 * eviction; or when it takes too long. After a plan that failed, the pod's next plan has to wait,
 * longer each time.
 */
final class Evictions {

  private static final long LEAVING_MILLIS = 300_000;
  private static final long LANDING_MILLIS = 60_000;

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final Plans plans;
  private final PlanBackoff pauses;
  private final GangMates mates;
  private final Plan.Cases release = new Release();
  private final Plan.Cases look = new Look();

  Evictions(
      Scheduling scheduling, Cluster cluster, Plans plans, PlanBackoff pauses, GangMates mates) {
    this.mates = mates;
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.plans = plans;
    this.pauses = pauses;
  }

  /** The plans that it drives. */
  Plans plans() {
    return plans;
  }

  /** How long pods wait after a plan of theirs has failed. */
  PlanBackoff pauses() {
    return pauses;
  }

  private long leavingUntil() {
    return scheduling.elapsedMillis() + LEAVING_MILLIS;
  }

  private Destination destination(PlanOutcome.Plan outcome) {
    NodeState node = Objects.requireNonNull(scheduling.fleet().node(outcome.node()));
    return new Destination(outcome, node.spec());
  }

  /** The inventory of a node has changed: plans go with their GPUs, and end if one is gone. */
  void nodeChanged(NodeSpec node) {
    for (Plan plan : plans.all()) {
      if (plan instanceof Plan.Found found
          && found.node().equals(node.name())
          && !found.destination().follow(node)) {
        giveUp(found);
      }
    }
  }

  /** Makes a plan for a pod, whose victims are evicted when the answer of now is on its way. */
  Plan.Found decide(KnownPod pod, PlanOutcome.Plan outcome) {
    Plan.Decided plan = plans.put(new Plan.Decided(pod, destination(outcome), leavingUntil()));
    scheduling.loop().execute(() -> begin(plan));
    return plan;
  }

  /** Keeps for a pod what comes free without an eviction of Kerf's. */
  void await(KnownPod pod, PlanOutcome.Plan outcome) {
    Plan.Leaving plan = plans.put(new Plan.Leaving(pod, destination(outcome), leavingUntil()));
    scheduling.reserve(plan.uid(), plan.placement());
    evictMates(plan);
  }

  /** The plan does not wait for them, and goes on if a budget keeps one. */
  private void evictMates(Plan.Found plan) {
    for (PodView.Ref mate : mates.of(plan.outcome().victims(), plan.priority())) {
      String why = EvictionText.ofMate(mate, plan.pod().ref());
      scheduling.whenDone(
          () -> cluster.evict(new Eviction(mate, why)),
          (result, failure) -> {
            boolean gone = result != null && result.kind() == EvictResult.Kind.EVICTED;
            if (gone) {
              scheduling.evicted(mate, why);
            }
            cluster.event(
                gone
                    ? new PodEvent(mate, true, "Preempted", why)
                    : new PodEvent(
                        mate,
                        true,
                        "GangTorn",
                        "Pods of its gang were evicted, and it could not be: "
                            + (result == null ? "no answer" : result.text())));
          });
    }
  }

  private void begin(Plan.Decided plan) {
    if (!plans.stands(plan)) {
      return;
    }
    scheduling.reserve(plan.uid(), plan.placement());
    int victims = plan.outcome().victims().size();
    if (victims > 0) {
      tell(
          plan,
          false,
          "Evicting "
              + victims
              + " pods of lower priority from node "
              + plan.node()
              + " to make room.");
    }
    Plan.Evicting next =
        plans.put(
            new Plan.Evicting(
                plan.pod(), plan.destination(), plan.outcome().victims(), plan.until()));
    scheduling.whenDone(
        () -> cluster.nominate(plan.pod().ref(), plan.node()), (done, failure) -> evictNext(next));
  }

  /** One after the other: if a budget forbids the first, no victim has gone for nothing. */
  private void evictNext(Plan.Evicting plan) {
    if (!plans.stands(plan)) {
      return;
    }
    if (plan.left().isEmpty()) {
      evictMates(plan);
      look(plans.put(new Plan.Leaving(plan.pod(), plan.destination(), plan.until())));
      return;
    }
    PodView.Ref victim = ref(plan.left().get(0));
    String why = EvictionText.ofVictim(victim, plan.pod().ref());
    scheduling.whenDone(
        () -> cluster.evict(new Eviction(victim, why)),
        (result, failure) -> evicted(plan, victim, why, result));
  }

  private static PodView.Ref ref(Candidate victim) {
    Holder holder = victim.holder();
    return new PodView.Ref(holder.namespace(), holder.name(), holder.uid());
  }

  private void evicted(
      Plan.Evicting plan, PodView.Ref victim, String why, @Nullable EvictResult result) {
    EvictResult.Kind kind = result == null ? EvictResult.Kind.FAILED : result.kind();
    switch (kind) {
      case EVICTED, GONE -> {
        if (kind == EvictResult.Kind.EVICTED) {
          scheduling.evicted(victim, why);
        }
        cluster.event(new PodEvent(victim, true, "Preempted", why));
        if (plans.stands(plan)) {
          evictNext(plans.put(plan.withoutFirst()));
        }
      }
      case BLOCKED, FAILED -> {
        if (plans.stands(plan)) {
          String text = result == null ? "no answer" : result.text();
          tell(plan, true, EvictionText.refused(plan.pod().ref(), victim, text));
          giveUp(plan);
        }
      }
    }
  }

  private void tell(Plan plan, boolean warning, String text) {
    cluster.event(new PodEvent(plan.pod().ref(), warning, "Preempting", text));
  }

  /** The next plan for the pod has to wait. */
  private void giveUp(Plan plan) {
    pauses.failed(plan.uid(), scheduling.elapsedMillis());
    end(plan);
  }

  /** Ends a plan; what was reserved or proposed is free for others. */
  void end(Plan plan) {
    plans.end(plan);
    plan.accept(release);
  }

  /** Gives back what is kept for a pod. */
  private final class Release implements Plan.Cases {
    @Override
    public void searching(Plan.Searching plan) {}

    @Override
    public void decided(Plan.Decided plan) {}

    @Override
    public void evicting(Plan.Evicting plan) {
      scheduling.unreserve(plan.uid());
    }

    @Override
    public void leaving(Plan.Leaving plan) {
      scheduling.unreserve(plan.uid());
    }

    @Override
    public void ready(Plan.Ready plan) {
      scheduling.proposals().drop(plan.uid());
    }
  }

  /** Looks how far the plans have come, and calls pods whose pause is over. */
  void look() {
    plans.all().forEach(this::look);
    for (String uid : pauses.ended(scheduling.elapsedMillis())) {
      KnownPod pod = scheduling.pods().get(uid);
      if (pod == null) {
        pauses.forget(uid);
      } else if (pod.isPending() && scheduling.policy().kerfEvicts()) {
        // kube-scheduler has no reason of its own to ask for it again.
        cluster.nudge(pod.ref());
      }
    }
  }

  private void look(Plan plan) {
    Entry entry = scheduling.ledger().entry(plan.uid());
    boolean landed = entry != null && entry.state() != Entry.State.PROPOSED;
    if (landed || scheduling.pods().get(plan.uid()) == null) {
      pauses.forget(plan.uid());
      end(plan);
    } else {
      plan.accept(look);
    }
  }

  /** What time, and pods that go, make of a plan whose pod still waits. */
  private final class Look implements Plan.Cases {
    @Override
    public void searching(Plan.Searching plan) {
      if (isLate(plan.until())) {
        end(plan);
      }
    }

    @Override
    public void decided(Plan.Decided plan) {
      giveUpIfLate(plan);
    }

    @Override
    public void evicting(Plan.Evicting plan) {
      giveUpIfLate(plan);
    }

    @Override
    public void leaving(Plan.Leaving plan) {
      if (!giveUpIfLate(plan) && plan.allGone(scheduling.ledger())) {
        becomesReady(plan);
      }
    }

    @Override
    public void ready(Plan.Ready plan) {
      if (!giveUpIfLate(plan) && scheduling.ledger().entry(plan.uid()) == null) {
        // A pod of higher priority has taken the slots: the next plan may come at once.
        pauses.forget(plan.uid());
        end(plan);
      }
    }
  }

  private boolean isLate(long until) {
    return scheduling.elapsedMillis() > until;
  }

  private boolean giveUpIfLate(Plan.Found plan) {
    if (isLate(plan.until())) {
      giveUp(plan);
      return true;
    }
    return false;
  }

  private void becomesReady(Plan.Leaving plan) {
    scheduling.unreserve(plan.uid());
    long now = scheduling.elapsedMillis();
    Plan.Ready ready =
        plans.put(new Plan.Ready(plan.pod(), plan.destination(), now + LANDING_MILLIS));
    boolean kept =
        scheduling.proposals().reserve(plan.pod().holder(), plan.placement(), now, LANDING_MILLIS);
    if (kept) {
      // kube-scheduler, which heard of it too, may have asked before Kerf had heard of it.
      cluster.nudge(plan.pod().ref());
    } else {
      giveUp(ready);
    }
  }
}
