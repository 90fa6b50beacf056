package gpu.kerf.extender.demo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.embedded.SimApiServer;
import gpu.kerf.extender.cluster.embedded.SimPod;
import gpu.kerf.extender.demo.Extender.Filtered;
import gpu.kerf.extender.demo.Extender.Victims;
import gpu.kerf.extender.demo.SchedulingQueue.Waiting;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Stands in for kube-scheduler: takes pods from its queue one by one, asks the extender where each
 * may go, ranks, binds, and preempts where there is no room.
 *
 * <p>It does what {@code schedule_one.go} does with one extender: the nominated node is tried by
 * itself first; with one node left there is no prioritize call; only nodes that may be freed are
 * candidates of preemption, and of those the extender names the one with the least important
 * victims wins. Unlike the real one it waits for each bind, so that the same work takes the same
 * course; only the calls of a gang are open together, once all its pods have a node.
 */
final class SimulatedScheduler {

  private static final long GRACE_MILLIS = 2_000;

  /** Hears what became of pods. */
  interface Outcomes {
    void bound(Run run, String node, long waited);

    void refused(Run run, String why);

    /**
     * No eviction makes room for it: it fits on no node, or it is not its turn. Whether it is given
     * up.
     */
    boolean hopeless(Run run, String why);

    void evicted(Run preemptor, SimPod victim);
  }

  private final SimApiServer server;
  private final Extender extender;
  private final SchedulingQueue queue;
  private final InTreeResources inTree;
  private final Outcomes outcomes;
  private final DemoStatistics statistics;
  private final List<String> nodes;
  private final GangCalls gangCalls;
  private final Map<String, List<Chosen>> byGang = new HashMap<>();

  /** A pod of a gang that has its node, and whose bind call waits for the pods of its gang. */
  private record Chosen(Waiting pod, String node) {}

  SimulatedScheduler(
      SimApiServer server,
      Extender extender,
      SchedulingQueue queue,
      Outcomes outcomes,
      DemoStatistics statistics,
      GangCalls gangCalls) {
    this.gangCalls = gangCalls;
    this.server = server;
    this.extender = extender;
    this.queue = queue;
    this.inTree = new InTreeResources(server);
    this.outcomes = outcomes;
    this.statistics = statistics;
    this.nodes = server.nodes().stream().map(NodeSpec::name).toList();
  }

  /** Tries every pod that is to be tried now. */
  void run(long now) {
    while (runNext(now)) {}
  }

  /** Tries the pod that is first. False if none is to be tried now. */
  boolean runNext(long now) {
    Waiting pod = queue.next();
    if (pod == null) {
      return false;
    }
    schedule(pod, now);
    return true;
  }

  private void schedule(Waiting pod, long now) {
    ObjectNode manifest = manifest(pod);
    if (!pod.nominated.isEmpty()) {
      Filtered nominated = filter(manifest, List.of(pod.nominated));
      if (nominated.nodes().size() == 1) {
        bind(pod, pod.nominated, now);
        return;
      }
    }
    Filtered answer = filter(manifest, nodes);
    if (!answer.error().isEmpty()) {
      statistics.errors++;
      pod.nominated = "";
      queue.failed(pod);
    } else if (answer.nodes().isEmpty()) {
      noRoom(pod, manifest, answer);
    } else {
      bind(pod, choose(manifest, answer.nodes()), now);
    }
  }

  private static ObjectNode manifest(Waiting pod) {
    ObjectNode manifest = pod.run.manifest().deepCopy();
    if (!pod.nominated.isEmpty()) {
      manifest.withObject("/status").put("nominatedNodeName", pod.nominated);
    }
    return manifest;
  }

  private Filtered filter(ObjectNode manifest, List<String> among) {
    statistics.filterCalls++;
    return extender.filter(manifest, among);
  }

  private String choose(ObjectNode manifest, List<String> fitting) {
    if (fitting.size() == 1) {
      return fitting.get(0);
    }
    String best = fitting.get(0);
    int most = -1;
    for (Map.Entry<String, Integer> each : extender.prioritize(manifest, fitting).entrySet()) {
      if (each.getValue() > most) {
        best = each.getKey();
        most = each.getValue();
      }
    }
    return best;
  }

  private void bind(Waiting pod, String node, long now) {
    String gang = pod.run.gang();
    if (gang.isEmpty()) {
      ended(pod, node, now, extender.bind(pod.run, node));
      return;
    }
    List<Chosen> chosen = byGang.computeIfAbsent(gang, unused -> new ArrayList<>());
    chosen.add(new Chosen(pod, node));
    if (chosen.size() >= pod.run.gangSize()) {
      byGang.remove(gang);
      bindTogether(chosen, now);
    }
  }

  /** Each call waits for the others, so all of them are open at the same time. */
  private void bindTogether(List<Chosen> chosen, long now) {
    List<Run> runs = chosen.stream().map(each -> each.pod.run).toList();
    List<String> answers = gangCalls.bind(runs, chosen.stream().map(Chosen::node).toList());
    for (int i = 0; i < chosen.size(); i++) {
      ended(chosen.get(i).pod, chosen.get(i).node, now, answers.get(i));
    }
  }

  private void ended(Waiting pod, String node, long now, String error) {
    if (error.isEmpty()) {
      outcomes.bound(pod.run, node, now - pod.since);
    } else {
      statistics.errors++;
      pod.nominated = "";
      queue.failed(pod);
    }
  }

  private void noRoom(Waiting pod, ObjectNode manifest, Filtered answer) {
    if (answer.failed().isEmpty()) {
      String why = answer.hopeless().values().stream().findFirst().orElse("");
      if (!outcomes.hopeless(pod.run, why)) {
        queue.noRoom(pod);
      }
      return;
    }
    outcomes.refused(pod.run, answer.failed().values().stream().findFirst().orElse("no node fits"));
    if (mayPreempt(pod)) {
      List<Victims> candidates = inTree.candidates(pod.run, answer.failed().keySet());
      if (!candidates.isEmpty()) {
        preempt(pod, extender.preempt(manifest, candidates));
      }
    }
    queue.noRoom(pod);
  }

  /** A pod that waits for victims to end does not look for more of them. */
  private boolean mayPreempt(Waiting pod) {
    return pod.nominated.isEmpty()
        || server.podsOn(pod.nominated).stream()
            .noneMatch(other -> other.isTerminating() && other.priority() < pod.priority());
  }

  private void preempt(Waiting pod, List<Victims> offers) {
    Victims best =
        offers.stream()
            .filter(offer -> !offer.uids().isEmpty())
            .min(
                Comparator.comparingLong(Victims::violations)
                    .thenComparingInt(offer -> highest(offer))
                    .thenComparingLong(offer -> sum(offer))
                    .thenComparingInt(offer -> offer.uids().size())
                    .thenComparing(Victims::node))
            .orElse(null);
    if (best == null) {
      return;
    }
    pod.nominated = best.node();
    for (SimPod victim : pods(best)) {
      server.delete(victim.namespace(), victim.name(), victim.uid(), GRACE_MILLIS);
      outcomes.evicted(pod.run, victim);
    }
  }

  private List<SimPod> pods(Victims offer) {
    return server.podsOn(offer.node()).stream()
        .filter(pod -> offer.uids().contains(pod.uid()))
        .toList();
  }

  private int highest(Victims offer) {
    return pods(offer).stream().mapToInt(SimPod::priority).max().orElse(Integer.MAX_VALUE);
  }

  /** As kube-scheduler adds them up: counted from the lowest integer, so that each one weighs. */
  private long sum(Victims offer) {
    return pods(offer).stream().mapToLong(pod -> pod.priority() + (1L << 31)).sum();
  }

  String placement(Run run) {
    SimPod pod = Objects.requireNonNull(server.pod(run.namespace(), run.name()));
    return pod.annotations().getOrDefault("kerf.gpu/placement", "");
  }
}
