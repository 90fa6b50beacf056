package gpu.kerf.bench.simulate;

import java.util.Locale;

/** The kinds of faults that the simulator can inject. */
enum Fault {
  CUT_WATCHES("A replica loses its watches and cannot reach the server."),
  HALF_OPEN_WATCHES("The watches of a replica go silent without an error."),
  SLOW_WATCHES("Events of one kind reach a replica up to 30 s late."),
  PAUSED_REPLICAS("A replica, or its scheduler too, stops for up to 40 s."),
  PAUSED_SCHEDULERS(
      "A kube-scheduler is stopped, another leads, and the old one wakes up and goes on binding."),
  KILLED_REPLICAS("A replica is killed and starts again."),
  LEADER_CHANGES("A kube-scheduler loses its lease to the other one."),
  CLOCK_STEPS("The wall clock of a replica jumps by up to two hours."),
  LOST_BINDINGS("Bindings get no answer; some of them succeed."),
  LATE_BINDINGS("Bindings are carried out as late as the API server lets them be."),
  API_ERRORS("The API server answers 429, 500 and 503."),
  COMPACTION(
      "The API server forgets the history, and the lists that go on: 410; it may start anew."),
  EVICTIONS_REFUSED("A disruption budget refuses evictions."),
  LOST_EVICTIONS("Evictions get no answer: carried out or not."),
  DISRUPTION_BUDGETS("Disruption budgets come that allow few evictions or none, change, and go."),
  KILLED_EVICTORS("A replica is killed just as it evicts a pod."),
  ENDING_VICTIMS("A victim, and pods beside it, end by themselves."),
  DELETED_PREEMPTORS("A pod is deleted while others go for it."),
  LOST_GPUS("A node loses a GPU, its indexes shift; the GPU returns."),
  SWAPPED_GPUS("A GPU is replaced by another one."),
  RECUT_GPUS("Unused MIG instances are deleted and created anew."),
  REBOOTS("A node reboots; its GPUs may get new indexes."),
  PARTIAL_SLICES("The ResourceSlices of a node are published one by one."),
  FORCED_DELETES("Pods are deleted by force; their containers run on."),
  HOSTILE_PODS("Pods have invalid demands, or name a node themselves."),
  FAILING_LISTENERS("The code that handles an event throws an exception."),
  LOST_GATES("Removals of gates get no answer; some of them succeed.", Part.TEAMS),
  REFUSED_GATES("Another admission plugin refuses removals of gates.", Part.TEAMS),
  ABSENT_WEBHOOK("The webhook is absent: pods of teams come without a gate.", Part.TEAMS),
  CUT_TEAM_WATCHES("The watches of Teams of a replica break or go silent.", Part.TEAMS),
  KILLED_SCHEDULERS("A kube-scheduler is killed and starts again.", Part.TEAMS),
  KILLED_IN_GANG("A replica or a kube-scheduler is killed just as a gang is bound.", Part.TEAMS),
  LOST_CLAIMS("Writes of ResourceClaims get no answer; some of them succeed.", Part.DRA),
  LATE_CLAIMS(
      "Writes of ResourceClaims are carried out as late as the API server lets them be.", Part.DRA),
  REFUSED_CLAIMS("Quotas, policies and conflicts refuse writes of ResourceClaims.", Part.DRA),
  DROPPED_FIELDS(
      "The API server drops the field by which a pod names its ResourceClaim.", Part.DRA),
  RACING_CLAIMS(
      "Another scheduler takes a part of the same device a moment before Kerf does.", Part.DRA),
  DELETED_CLAIMS("Users delete ResourceClaims.", Part.DRA),
  CLAIM_WATCHES(
      "The watch of ResourceClaims of a replica breaks, goes silent or is slow.", Part.DRA),
  KILLED_IN_CLAIM("A replica is killed just as it writes a ResourceClaim.", Part.DRA),
  REPUBLISHED_SLICES("A DRA driver publishes its ResourceSlices in another order.", Part.DRA),
  DEAD_DRIVERS("A DRA driver does not answer for up to 20 s.", Part.DRA);

  private final String text;
  private final Part part;

  /** What a fault needs to be in the simulation. */
  enum Part {
    CLUSTER,
    TEAMS,
    DRA
  }

  Fault(String text) {
    this(text, Part.CLUSTER);
  }

  Fault(String text, Part part) {
    this.text = text;
    this.part = part;
  }

  /** The part of the simulation without which it does not occur. */
  Part part() {
    return part;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  String text() {
    return text;
  }
}
