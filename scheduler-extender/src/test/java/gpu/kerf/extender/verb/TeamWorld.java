package gpu.kerf.extender.verb;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.delivery.EnvDelivery;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.team.TeamAcceptor;
import gpu.kerf.extender.team.TeamReading;
import gpu.kerf.extender.team.TeamSource;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.BindAnswer;
import gpu.kerf.extender.wire.BindCall;
import gpu.kerf.extender.wire.FilterAnswer;
import gpu.kerf.extender.wire.FilterCall;
import gpu.kerf.extender.wire.NodeList;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;

/** A cluster with teams: what its API server tells Kerf, and what kube-scheduler asks. */
final class TeamWorld {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final long MINUTES_BETWEEN = 150_000;
  private static final int MOST_STEPS = 10_000;

  final FakeCluster cluster = new FakeCluster();
  final Queue<Runnable> later = new ArrayDeque<>();
  long millis = 1_000_000;

  /** How far the time of day was set forward. */
  long wallShift;

  final Scheduling scheduling;
  final VerbService verbs;
  private final ClusterListener listener;
  private final Map<String, PodView.Builder> pods = new LinkedHashMap<>();
  private final List<TeamReading> teams = new ArrayList<>();
  private AcceptedTeams accepted = AcceptedTeams.NONE;
  private int made;

  TeamWorld() {
    Clocks clocks =
        new Clocks(() -> Instant.ofEpochMilli(millis + wallShift), () -> millis * 1_000_000);
    scheduling = new Scheduling(Dialects.all(), clocks, later::add);
    verbs = new VerbService(scheduling, cluster, new EnvDelivery(), Disruptions.NONE);
    listener = verbs.listener();
  }

  TeamWorld node(String name, int gpus) {
    GpuSpec gpu =
        GpuSpec.of(
            Objects.requireNonNull(GpuCatalog.builtIn().find("H100-80GB", 0)), GpuMode.PLAIN);
    listener.nodeChanged(NodeSpec.of(name, Collections.nCopies(gpus, gpu)));
    turn();
    return this;
  }

  /** The same with GPUs of which the UUIDs are known. */
  TeamWorld nodeWithUuids(String name, int gpus) {
    GpuModel h100 = Objects.requireNonNull(GpuCatalog.builtIn().find("H100-80GB", 0));
    List<GpuSpec> all = new ArrayList<>();
    for (int i = 0; i < gpus; i++) {
      String uuid = "GPU-" + name + "-" + i;
      all.add(new GpuSpec(uuid, h100, h100.memoryMiB(), GpuMode.PLAIN, List.of()));
    }
    listener.nodeChanged(NodeSpec.of(name, all));
    turn();
    return this;
  }

  /** A team that has teams below it. */
  TeamWorld parents(String name, String spec) {
    return team(name, spec, false);
  }

  /** A pod that asks for a part of a GPU. */
  PodView.Builder share(String namespace, String name) {
    return PodView.of(new PodView.Ref(namespace, name, name))
        .schedulerName("kerf")
        .createdMillis(millis + made++)
        .container("main", Map.of("kerf.gpu/memory", "16Gi"))
        .gate(PodView.TURN_GATE);
  }

  /** A team whose namespace has its name. */
  TeamWorld team(String name, String spec) {
    return team(name, spec, true);
  }

  private TeamWorld team(String name, String spec, boolean leaf) {
    try {
      ObjectNode object = JSON.createObjectNode();
      object.put("apiVersion", "kerf.gpu/v1alpha1").put("kind", "Team");
      object.putObject("metadata").put("name", name).put("uid", name).put("generation", ++made);
      ObjectNode written = (ObjectNode) JSON.readTree("{" + spec.replace('\'', '"') + "}");
      if (leaf) {
        written.putObject("namespaces").putArray("names").add(name);
      }
      object.set("spec", written);
      teams.removeIf(team -> team.name().equals(name));
      teams.add(TeamReading.of(object));
    } catch (java.io.IOException e) {
      throw new IllegalArgumentException(spec, e);
    }
    return teamsAre(teams);
  }

  TeamWorld teamsAre(List<TeamReading> readings) {
    accepted = TeamAcceptor.accept(TeamSource.KERF, readings, accepted, Map.of());
    listener.teamsChanged(accepted);
    turn();
    return this;
  }

  /** A pod of a namespace that asks for whole GPUs and waits at its gate. */
  PodView.Builder gated(String namespace, String name, int gpus) {
    return pod(namespace, name, gpus).gate(PodView.TURN_GATE);
  }

  PodView.Builder pod(String namespace, String name, int gpus) {
    return PodView.of(new PodView.Ref(namespace, name, name))
        .schedulerName("kerf")
        .createdMillis(millis + made++)
        .container("main", Map.of("kerf.gpu/whole", "" + gpus));
  }

  /** The API server tells of a pod. */
  void tell(PodView.Builder pod) {
    PodView view = pod.build();
    pods.put(view.uid(), pod);
    listener.podChanged(view);
    turn();
  }

  /** Whether the gate of a pod was taken off. */
  boolean mayGo(String uid) {
    return cluster.opened.contains(uid);
  }

  FilterAnswer filter(PodView.Builder pod, String... nodes) {
    return verbs
        .filter()
        .filter(new FilterCall(pod.build(), NodeList.of(scheduling.names(), List.of(nodes))));
  }

  BindAnswer bind(PodView.Builder pod, String node) {
    return call(pod, node).join();
  }

  /** kube-scheduler asks for a binding, and does not wait for the answer. */
  CompletableFuture<BindAnswer> call(PodView.Builder pod, String node) {
    CompletableFuture<BindAnswer> answer =
        verbs.bind().bind(new BindCall(pod.build().ref(), node)).toCompletableFuture();
    turn();
    return answer;
  }

  /** kube-scheduler places a pod whose gate is off; where. */
  String place(PodView.Builder pod, String... nodes) {
    FilterAnswer answer = filter(pod, nodes);
    List<String> chosen = answer.chosenNames(scheduling.names());
    if (chosen.isEmpty()) {
      return "";
    }
    BindAnswer bound = bind(pod, chosen.get(0));
    if (bound.verbError() != null) {
      throw new AssertionError(bound.verbError());
    }
    bound(pod);
    return chosen.get(0);
  }

  /** The API server tells that a pod is bound as Kerf has written it. */
  void bound(PodView.Builder pod) {
    PodView written = Objects.requireNonNull(cluster.pods.get(pod.build().ref().toString()));
    tell(
        pod.nodeName(written.nodeName())
            .annotation(Annotations.PLACEMENT, written.annotation(Annotations.PLACEMENT)));
  }

  /** Brings pods of a namespace into the cluster and lets them all be placed. */
  List<PodView.Builder> running(String namespace, String prefix, int count, String... nodes) {
    List<PodView.Builder> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      PodView.Builder pod = gated(namespace, prefix + i, 1);
      tell(pod);
      if (place(pod, nodes).isEmpty()) {
        throw new AssertionError(prefix + i + " finds no place.");
      }
      millis += MINUTES_BETWEEN;
      all.add(pod);
    }
    return all;
  }

  void end(String uid) {
    listener.podEnded(uid);
    turn();
  }

  /** Time passes, and what is done at intervals is done. */
  void pass(long time) {
    for (long past = 0; past < time; past += 100) {
      millis += 100;
      verbs.look();
      verbs.takeTurns();
      turn();
    }
  }

  void turn() {
    int steps = 0;
    for (Runnable next = later.poll(); next != null; next = later.poll()) {
      next.run();
      if (++steps > MOST_STEPS) {
        throw new AssertionError("Kerf does not come to rest.");
      }
    }
  }
}
