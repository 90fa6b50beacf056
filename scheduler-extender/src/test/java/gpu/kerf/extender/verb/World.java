package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.delivery.EnvDelivery;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.gang.Gang;
import gpu.kerf.extender.gang.Gangs;
import gpu.kerf.extender.gang.start.GangStarts;
import gpu.kerf.extender.preemption.Preemptions;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.turn.Turns;
import gpu.kerf.extender.wire.BindAnswer;
import gpu.kerf.extender.wire.BindCall;
import gpu.kerf.extender.wire.FilterAnswer;
import gpu.kerf.extender.wire.FilterCall;
import gpu.kerf.extender.wire.NodeList;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.Scores;
import gpu.kerf.extender.wire.WireReader;
import gpu.kerf.extender.wire.WireWriter;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;

/** The vocabulary of tests: a fleet, its verbs, and a clock and a loop that tests turn. */
final class World {

  final FakeCluster cluster = new FakeCluster();
  final Queue<Runnable> later = new ArrayDeque<>();
  long millis = 1_000_000;

  /** By how much the wall clock was set forward; back, if negative. */
  long wallStep;

  /** By how much the monotonic clock goes on each time it is looked at. */
  long nanosPerLook;

  private long looked;
  final Scheduling scheduling;
  final WireReader reader;
  final WireWriter writer;
  final Gangs gangs = new Gangs();
  final GangStarts starts;
  final FilterVerb filter;
  final PrioritizeVerb prioritize;
  final BindVerb bind;
  final PreemptVerb preempt;

  World() {
    this(Dialects.all());
  }

  World(Dialects dialects) {
    Clocks clocks = new Clocks(() -> Instant.ofEpochMilli(millis + wallStep), this::nanos);
    scheduling = new Scheduling(dialects, clocks, later::add);
    reader = new WireReader(scheduling.names());
    writer = new WireWriter(scheduling.names());
    Preemptions preemptions = new Preemptions(scheduling, cluster, Disruptions.NONE, gangs);
    starts = new GangStarts(scheduling, cluster, gangs, () -> true);
    Turns turns = new Turns(scheduling, cluster, Disruptions.NONE, gangs, starts);
    filter =
        new FilterVerb(
            scheduling,
            cluster,
            preemptions,
            new WakeUps(scheduling, cluster, preemptions),
            starts,
            turns);
    prioritize = new PrioritizeVerb(scheduling, cluster);
    bind = new BindVerb(scheduling, cluster, new EnvDelivery(), starts, turns);
    preempt = new PreemptVerb(scheduling, cluster, preemptions, starts, turns);
  }

  private long nanos() {
    looked += nanosPerLook;
    return millis * 1_000_000 + looked;
  }

  static GpuModel model(String name) {
    return Objects.requireNonNull(GpuCatalog.builtIn().find(name, 0), name);
  }

  World node(String name, int gpus, String model, GpuMode mode) {
    return node(NodeSpec.of(name, Collections.nCopies(gpus, GpuSpec.of(model(model), mode))));
  }

  World node(NodeSpec spec) {
    scheduling.nodeChanged(spec);
    return this;
  }

  /** Runs what was put off, and what that puts off. */
  void turn() {
    for (Runnable next = later.poll(); next != null; next = later.poll()) {
      next.run();
    }
  }

  static PodView.Builder pod(String uid) {
    return PodView.of(new PodView.Ref("ml", "pod-" + uid, uid)).schedulerName("kerf");
  }

  /** A pod with one container that asks for so much GPU memory. */
  static PodView asking(String uid, String memory) {
    return pod(uid).container("main", Map.of("kerf.gpu/memory", memory)).build();
  }

  static PodView askingWhole(String uid, int gpus) {
    return pod(uid).container("main", Map.of("kerf.gpu/whole", "" + gpus)).build();
  }

  FilterCall call(PodView pod, String... nodes) {
    List<String> names = nodes.length > 0 ? List.of(nodes) : allNames();
    return new FilterCall(pod, NodeList.of(scheduling.names(), names));
  }

  FilterAnswer filter(PodView pod, String... nodes) {
    return filter.filter(call(pod, nodes));
  }

  Map<String, Integer> scores(PodView pod, String... nodes) {
    try {
      Scores scores = prioritize.prioritize(call(pod, nodes));
      return scores.byName(scheduling.names());
    } catch (VerbException e) {
      throw new AssertionError(e);
    }
  }

  /** The watch tells of pods, and what follows is done. */
  World comes(PodView... pods) {
    for (PodView pod : pods) {
      scheduling.podChanged(pod);
      Gang gang = gangs.podChanged(pod);
      if (gang != null) {
        starts.changed(gang);
      }
    }
    turn();
    return this;
  }

  /** Lets a pod pass filter on a node and binds it there; what was answered. */
  BindAnswer place(PodView pod, String node) {
    filter(pod, node);
    return bind(pod, node);
  }

  BindAnswer bind(PodView pod, String node) {
    var answer = bind.bind(new BindCall(pod.ref(), node)).toCompletableFuture();
    turn();
    assertThat(answer).isCompleted();
    return answer.join();
  }

  Entry entry(String uid) {
    return Objects.requireNonNull(scheduling.ledger().entry(uid), uid);
  }

  boolean holdsNothing(String uid) {
    return scheduling.ledger().entry(uid) == null;
  }

  List<String> chosen(FilterAnswer answer) {
    return answer.chosenNames(scheduling.names());
  }

  /** Where the pod does not fit now. */
  Map<String, String> failed(FilterAnswer answer) {
    return answer.failed(scheduling.names(), false);
  }

  /** Where it never will. */
  Map<String, String> hopeless(FilterAnswer answer) {
    return answer.failed(scheduling.names(), true);
  }

  List<String> allNames() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < scheduling.fleet().limit(); i++) {
      var node = scheduling.fleet().at(i);
      if (node != null) {
        names.add(node.name());
      }
    }
    return names;
  }
}
