package gpu.kerf.extender.verb;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.cluster.ForwardingListener;
import gpu.kerf.extender.cluster.Quarantined;
import gpu.kerf.extender.delivery.Delivery;
import gpu.kerf.extender.preemption.Preemptions;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.hardware.NodeSpec;

/**
 * The four verbs over one cluster, and what runs beside them at intervals. It has no HTTP, no
 * thread and no timer of its own: the service and the simulation of faults run exactly this.
 *
 * <p>Everything is called on the thread that owns the scheduling.
 */
public final class VerbService {
  private final Scheduling scheduling;
  private final Preemptions preemptions;
  private final WakeUps wakeUps;
  private final DecisionGate gate;
  private final FilterVerb filter;
  private final PrioritizeVerb prioritize;
  private final BindVerb bind;
  private final PreemptVerb preempt;

  public VerbService(
      Scheduling scheduling, Cluster cluster, Delivery delivery, Disruptions disruptions) {
    this.scheduling = scheduling;
    this.preemptions = new Preemptions(scheduling, cluster, disruptions);
    this.wakeUps = new WakeUps(scheduling, cluster, preemptions);
    this.gate = new DecisionGate(scheduling, cluster);
    this.filter = new FilterVerb(scheduling, cluster, preemptions, wakeUps);
    this.prioritize = new PrioritizeVerb(scheduling, cluster);
    this.bind = new BindVerb(scheduling, cluster, delivery);
    this.preempt = new PreemptVerb(scheduling, cluster, preemptions);
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
    }
    bind.tick();
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

  private final class Listener extends ForwardingListener {

    Listener() {
      super(scheduling);
    }

    @Override
    public void nodeChanged(NodeSpec node) {
      super.nodeChanged(node);
      preemptions.nodeChanged(node);
    }

    @Override
    public void podChanged(PodView pod) {
      super.podChanged(pod);
      preemptions.podChanged(pod);
    }

    @Override
    public void podEnded(String uid) {
      super.podEnded(uid);
      if (gate.refusal() == null) {
        preemptions.look();
      }
    }

    @Override
    public void podQuarantined(String uid, Quarantined hold) {
      super.podQuarantined(uid, hold);
      preemptions.look();
    }
  }
}
