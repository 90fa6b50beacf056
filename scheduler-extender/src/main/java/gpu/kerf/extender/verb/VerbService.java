package gpu.kerf.extender.verb;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.cluster.ForwardingListener;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.cluster.Quarantined;
import gpu.kerf.extender.delivery.Delivery;
import gpu.kerf.extender.gang.Gang;
import gpu.kerf.extender.gang.GangKey;
import gpu.kerf.extender.gang.GangSize;
import gpu.kerf.extender.gang.Gangs;
import gpu.kerf.extender.gang.start.GangStarts;
import gpu.kerf.extender.preemption.Preemptions;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.turn.Turns;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.ForeignHold;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The four verbs over one cluster, and what runs beside them at intervals. It has no HTTP, no
 * thread and no timer of its own: the service and the simulation of faults run exactly this.
 *
 * <p>Everything is called on the thread that owns the scheduling.
 */
public final class VerbService {
  private final Scheduling scheduling;
  private final Gangs gangs = new Gangs();
  private final GangStarts starts;
  private final Turns turns;
  private final Preemptions preemptions;
  private final WakeUps wakeUps;
  private final DecisionGate gate;
  private final FilterVerb filter;
  private final PrioritizeVerb prioritize;
  private final BindVerb bind;
  private final PreemptVerb preempt;
  private final Cluster cluster;
  private final ConflictNews conflicts;

  public VerbService(
      Scheduling scheduling, Cluster cluster, Delivery delivery, Disruptions disruptions) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.conflicts = new ConflictNews(scheduling, cluster);
    this.preemptions = new Preemptions(scheduling, cluster, disruptions, gangs);
    this.wakeUps = new WakeUps(scheduling, cluster, preemptions);
    this.gate = new DecisionGate(scheduling, cluster);
    this.starts = new GangStarts(scheduling, cluster, gangs, () -> gate.refusal() == null);
    this.turns = new Turns(scheduling, cluster, disruptions, gangs, starts);
    this.filter = new FilterVerb(scheduling, cluster, preemptions, wakeUps, starts, turns);
    this.prioritize = new PrioritizeVerb(scheduling, cluster);
    this.bind = new BindVerb(scheduling, cluster, delivery, starts, turns);
    this.preempt = new PreemptVerb(scheduling, cluster, preemptions, starts, turns);
  }

  /** The cluster must report its events to this. */
  public ClusterListener listener() {
    return new Listener();
  }

  /** The cluster is known for the first time. */
  public void synced() {
    preemptions.restore();
  }

  /** Goes on with plans, bindings without an answer and pods that could start; twice a second. */
  public void look() {
    if (gate.refusal() == null) {
      preemptions.look();
      wakeUps.look();
      starts.look();
      conflicts.look();
    }
    bind.tick();
  }

  /** Goes on with turns; many times a second. */
  public void takeTurns() {
    turns.tick();
  }

  /** Whether the cluster is known well enough to decide anything. */
  public boolean mayDecide() {
    return gate.refusal() == null;
  }

  public FilterVerb filter() {
    return filter;
  }

  public PrioritizeVerb prioritize() {
    return prioritize;
  }

  public BindVerb bind() {
    return bind;
  }

  public PreemptVerb preempt() {
    return preempt;
  }

  public Preemptions preemptions() {
    return preemptions;
  }

  /** The gangs of the cluster. */
  public Gangs gangs() {
    return gangs;
  }

  /** How gangs start. */
  public GangStarts starts() {
    return starts;
  }

  /** Whose turn it is. */
  public Turns turns() {
    return turns;
  }

  private final class Listener extends ForwardingListener {

    Listener() {
      super(scheduling);
    }

    @Override
    public void nodeChanged(NodeSpec node) {
      super.nodeChanged(node);
      preemptions.nodeChanged(node);
      starts.roomChanged();
      turns.nodesChanged();
    }

    @Override
    public void nodeUnusable(String name, String problem) {
      super.nodeUnusable(name, problem);
      turns.nodesChanged();
    }

    @Override
    public void nodeRemoved(String name) {
      super.nodeRemoved(name);
      turns.nodesChanged();
    }

    @Override
    public void gpusUnusable(String node, long gpus) {
      super.gpusUnusable(node, gpus);
      turns.nodesChanged();
    }

    @Override
    public void partsClaimed(String node, List<ForeignHold> parts) {
      List<ForeignHold> before = scheduling.ledger().holdsOn(node);
      super.partsClaimed(node, parts);
      if (!scheduling.ledger().holdsOn(node).equals(before)) {
        turns.nodesChanged();
      }
    }

    @Override
    public void gpusForeign(String node, long gpus) {
      super.gpusForeign(node, gpus);
      turns.nodesChanged();
    }

    @Override
    public void teamsChanged(AcceptedTeams teams) {
      super.teamsChanged(teams);
      turns.teamsChanged(teams);
    }

    @Override
    public void podMisplaced(PodView.Ref pod, String problem) {
      super.podMisplaced(pod, problem);
      cluster.event(new PodEvent(pod, true, "NotPlacedByKerf", problem));
    }

    @Override
    public void podChanged(PodView pod) {
      Gang gang = gangs.podChanged(pod);
      turns.podSeen(pod);
      super.podChanged(pod);
      preemptions.podChanged(pod);
      turns.podChanged(pod);
      if (gang != null) {
        starts.changed(gang);
      }
    }

    @Override
    public void gangSizeChanged(GangKey key, @Nullable GangSize size) {
      super.gangSizeChanged(key, size);
      Gang gang = gangs.sizeChanged(key, size);
      if (gang != null) {
        turns.gangChanged(gang);
        starts.changed(gang);
      }
    }

    @Override
    public void podEnded(String uid) {
      Entry held = scheduling.ledger().entry(uid);
      super.podEnded(uid);
      gangs.podEnded(uid);
      turns.podEnded(uid);
      starts.roomChanged();
      if (gate.refusal() == null) {
        preemptions.look();
        if (held != null) {
          wakeUps.roomOn(held.grant().node());
        }
      }
    }

    @Override
    public void podQuarantined(String uid, Quarantined hold) {
      super.podQuarantined(uid, hold);
      gangs.podEnded(uid);
      turns.podEnded(uid);
      preemptions.look();
    }
  }
}
