package gpu.kerf.extender.usage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.cluster.Binding;
import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.cluster.Eviction;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.team.TeamAcceptor;
import gpu.kerf.extender.team.TeamReading;
import gpu.kerf.extender.team.TeamSource;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.PlacementRecord;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.usage.UsageCheckpoint;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A cluster whose pods, teams and checkpoints outlive the process that counts what is used. */
final class UsageWorld {

  private static final ObjectMapper JSON = new ObjectMapper();

  static final int SHAREABLE = 80_000;

  long wall = Instant.parse("2026-11-03T00:00:00Z").toEpochMilli();
  long elapsed = 77_000;
  final Api api = new Api();
  final Map<String, NodeSpec> nodes = new LinkedHashMap<>();

  /** The pod objects that there are. */
  final Map<String, PodView> pods = new LinkedHashMap<>();

  /** Whether bindings say to the millisecond since when slots are held. */
  boolean bindingsSaySince = true;

  private final List<TeamReading> readings = new ArrayList<>();
  private AcceptedTeams teams = AcceptedTeams.NONE;
  Scheduling scheduling;
  Usage usage;
  ClusterListener listener;

  UsageWorld(int gpus) {
    GpuModel h100 = Objects.requireNonNull(GpuCatalog.builtIn().find("H100-80GB", 0));
    List<GpuSpec> all = new ArrayList<>();
    for (int i = 0; i < gpus; i++) {
      all.add(new GpuSpec("GPU-" + i, h100, h100.memoryMiB(), GpuMode.PLAIN, List.of()));
    }
    NodeSpec node = NodeSpec.of("a", all);
    nodes.put("a", node);
    scheduling = scheduling();
    usage = new Usage(scheduling, api, UsageOptions.defaults());
    listener = usage.listener(scheduling);
    listener.nodeChanged(node);
  }

  private Scheduling scheduling() {
    Clocks clocks = new Clocks(() -> Instant.ofEpochMilli(wall), () -> elapsed * 1_000_000);
    return new Scheduling(Dialects.all(), clocks, Runnable::run);
  }

  /** The memory that can be shared of each GPU. */
  int shareableMiB() {
    return Objects.requireNonNull(nodes.get("a")).gpus().get(0).shareableMiB();
  }

  /** A team with a namespace of its name. */
  UsageWorld team(String name, String parent, boolean leaf) {
    try {
      ObjectNode object = JSON.createObjectNode();
      object.put("apiVersion", "kerf.gpu/v1alpha1").put("kind", "Team");
      ObjectNode metadata = object.putObject("metadata");
      metadata.put("name", name).put("uid", name).put("generation", readings.size() + 1);
      metadata.put("creationTimestamp", "2026-11-01T00:00:00Z");
      JsonNode spec = JSON.readTree("{\"guarantee\":\"0\"}");
      object.set("spec", spec);
      if (!parent.isEmpty()) {
        ((ObjectNode) spec).put("parent", parent);
      }
      if (leaf) {
        ((ObjectNode) spec).putObject("namespaces").putArray("names").add(name);
      }
      readings.removeIf(team -> team.name().equals(name));
      readings.add(TeamReading.of(object));
    } catch (IOException e) {
      throw new IllegalArgumentException(e);
    }
    teams = TeamAcceptor.accept(TeamSource.KERF, readings, teams, Map.of());
    return this;
  }

  UsageWorld withoutTeam(String name) {
    readings.removeIf(team -> team.name().equals(name));
    teams = TeamAcceptor.accept(TeamSource.KERF, readings, teams, Map.of());
    return this;
  }

  void tellTeams() {
    listener.teamUsageRead(Map.copyOf(api.kept));
    listener.teamsChanged(teams);
    api.teamsKnown = true;
  }

  void pass(long millis) {
    wall += millis;
    elapsed += millis;
  }

  /** Takes a slot for a new pod, and confirms that it is bound; false if the slot is not free. */
  boolean place(String namespace, String name, Slot slot) {
    Holder holder = new Holder(name, namespace, name, "Job/" + name, "", 0);
    Placement placement =
        new Placement("a", List.of(new ContainerSlots("main", List.of(slot))), 0, 0);
    Ledger.Taking taking = scheduling.ledger().take(holder, placement, scheduling.elapsedMillis());
    if (taking != Ledger.Taking.TAKEN) {
      return false;
    }
    PodView.Builder bound =
        view(namespace, name)
            .nodeName("a")
            .phase(PodView.Phase.RUNNING)
            .boundMillis(wall / 1000 * 1000)
            .annotation(
                Annotations.PLACEMENT,
                PlacementRecord.write(placement, Objects.requireNonNull(nodes.get("a"))));
    if (bindingsSaySince) {
      bound.annotation(Annotations.HELD_SINCE, "" + wall);
    }
    PodView pod = bound.build();
    pods.put(name, pod);
    listener.podChanged(pod);
    return true;
  }

  private static PodView.Builder view(String namespace, String name) {
    return PodView.of(new PodView.Ref(namespace, name, name))
        .owner(new PodView.Owner("Job", name, name, true))
        .container("main", Map.of("kerf.gpu/whole", "1"));
  }

  /** The containers of a pod have ended; the process has not heard of it yet. */
  PodView ends(String name) {
    PodView pod = Objects.requireNonNull(pods.get(name));
    PodView over =
        view(pod.ref().namespace(), name)
            .nodeName("a")
            .phase(PodView.Phase.OVER)
            .boundMillis(pod.boundMillis())
            .endedMillis(wall / 1000 * 1000)
            .annotations(pod.annotations())
            .build();
    pods.put(name, over);
    return over;
  }

  void tellOver(PodView pod) {
    listener.podOver(pod);
    listener.podEnded(pod.uid());
  }

  /** The process is killed, and another one begins to hear of the cluster. */
  void restart() {
    api.synced = false;
    api.teamsKnown = false;
    scheduling = scheduling();
    usage = new Usage(scheduling, api, UsageOptions.defaults());
    listener = usage.listener(scheduling);
    nodes.values().forEach(listener::nodeChanged);
  }

  void tellPods() {
    for (PodView pod : List.copyOf(pods.values())) {
      if (pod.phase() != PodView.Phase.OVER) {
        listener.podChanged(pod);
      }
    }
    api.synced = true;
  }

  long used(String team) {
    return usage.book().total(team);
  }

  /** Keeps checkpoints and pods as an API server does. */
  final class Api implements Cluster {
    final Map<String, UsageCheckpoint> kept = new HashMap<>();
    boolean synced = true;
    boolean teamsKnown;
    boolean leads = true;
    boolean refuses;
    int writes;

    @Override
    public CompletionStage<Void> teamUsage(Map<String, UsageCheckpoint> usage) {
      kept.putAll(usage);
      writes += usage.size();
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> tellEndedPods() {
      if (refuses) {
        return CompletableFuture.failedFuture(new IOException("as the test says"));
      }
      for (PodView pod : List.copyOf(pods.values())) {
        if (pod.phase() == PodView.Phase.OVER) {
          listener.podOver(pod);
        }
      }
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public boolean synced() {
      return synced;
    }

    @Override
    public boolean teamsKnown() {
      return teamsKnown;
    }

    @Override
    public boolean leadsTurns() {
      return leads;
    }

    @Override
    public CompletionStage<BindResult> bind(Binding binding) {
      return CompletableFuture.completedFuture(BindResult.BOUND);
    }

    @Override
    public CompletionStage<Optional<PodView>> read(PodView.Ref pod) {
      return CompletableFuture.completedFuture(Optional.empty());
    }

    @Override
    public CompletionStage<EvictResult> evict(Eviction eviction) {
      return CompletableFuture.completedFuture(EvictResult.EVICTED);
    }

    @Override
    public void event(PodEvent event) {}

    @Override
    public Duration staleness() {
      return Duration.ZERO;
    }
  }
}
