package gpu.kerf.bench.simulate;

import java.util.Locale;

/** The kinds of faults that the simulator can inject. */
enum Fault {
  CUT_WATCHES("Streams of a replica are reset, and for a while no request gets through."),
  HALF_OPEN_WATCHES("Streams of a replica say nothing more, and no packet tells it."),
  SLOW_WATCHES("Events of one kind reach a replica up to 30 s late, those of others in time."),
  PAUSED_REPLICAS("A replica is stopped for up to 40 s, alone or with its kube-scheduler."),
  PAUSED_SCHEDULERS("A kube-scheduler is stopped, another leads, and the old one wakes up."),
  KILLED_REPLICAS("A replica is killed, and started again."),
  LEADER_CHANGES("A kube-scheduler cannot renew its lease, and the other one leads."),
  CLOCK_STEPS("The wall clock of a replica's machine jumps, back or ahead, by up to two hours."),
  LOST_BINDINGS("Bindings get no answer: carried out or not."),
  LATE_BINDINGS("Bindings are carried out after their answer was given up."),
  API_ERRORS("The API server answers 429, 500 and 503."),
  COMPACTION("The API server forgets the history, and the lists that go on: 410."),
  EVICTIONS_REFUSED("A disruption budget refuses evictions."),
  LOST_GPUS("A node loses a GPU, the later ones move up, and later it is back."),
  SWAPPED_GPUS("Another card is put in the place of one."),
  RECUT_GPUS("MIG instances are cut anew where no process uses them."),
  REBOOTS("A node reboots, and its GPUs may be numbered anew."),
  PARTIAL_SLICES("The ResourceSlices of a node are published one by one."),
  FORCED_DELETES("Pods are deleted by force, and their containers run on."),
  HOSTILE_PODS("Pods ask for nonsense, or name a node themselves."),
  FAILING_LISTENERS("What takes in an event fails with an exception.");

  private final String text;

  Fault(String text) {
    this.text = text;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  String text() {
    return text;
  }
}
