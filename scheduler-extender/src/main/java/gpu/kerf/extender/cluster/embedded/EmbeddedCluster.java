package gpu.kerf.extender.cluster.embedded;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.cluster.Binding;
import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.cluster.Eviction;
import gpu.kerf.extender.cluster.GateResult;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.wire.PodReader;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.NodeSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * The port to a simulated API server: every call is answered at once, and the state that Kerf sees
 * is never stale.
 */
public final class EmbeddedCluster implements Cluster {

  private static final int MOST_EVENTS = 1_000;

  /** What a pod's own grace would be on a cluster, shortened like everything in the demo. */
  private static final long GRACE_MILLIS = 2_000;

  /** Whether a binding may create the pod that it binds. */
  public enum UnknownPods {
    /** As on a cluster: a pod that is not there cannot be bound. */
    REFUSE,
    /** For load drivers, whose pods are not created. */
    CREATE
  }

  private final SimApiServer server;
  private final UnknownPods unknownPods;
  private final List<Consumer<AcceptedTeams>> told = new CopyOnWriteArrayList<>();
  private final Deque<PodEvent> events = new ArrayDeque<>();

  public EmbeddedCluster(SimApiServer server, UnknownPods unknownPods) {
    this.server = server;
    this.unknownPods = unknownPods;
  }

  /** Tells a listener of everything there is and of every change, on its executor. */
  public void tell(Executor loop, ClusterListener listener) {
    server.watch(loop, new Telling(listener));
    told.add(teams -> loop.execute(() -> listener.teamsChanged(teams)));
  }

  /** Tells all listeners of the teams that are in force from now on. */
  public void teamsChanged(AcceptedTeams teams) {
    told.forEach(each -> each.accept(teams));
  }

  @Override
  public CompletionStage<BindResult> bind(Binding binding) {
    PodView.Ref pod = binding.pod();
    if (unknownPods == UnknownPods.CREATE && server.pod(pod.namespace(), pod.name()) == null) {
      server.create(manifest(pod));
    }
    SimApiServer.Answer answer =
        server.bind(pod.namespace(), pod.name(), pod.uid(), binding.node(), binding.annotations());
    return CompletableFuture.completedFuture(
        answer.ok()
            ? BindResult.BOUND
            : new BindResult(
                answer.status() == 404 ? BindResult.Kind.NOT_FOUND : BindResult.Kind.CONFLICT,
                answer.message()));
  }

  private static ObjectNode manifest(PodView.Ref pod) {
    ObjectNode manifest = JsonNodeFactory.instance.objectNode();
    ObjectNode metadata = manifest.putObject("metadata");
    metadata.put("namespace", pod.namespace()).put("name", pod.name()).put("uid", pod.uid());
    manifest.putObject("spec");
    return manifest;
  }

  @Override
  public CompletionStage<Optional<PodView>> read(PodView.Ref ref) {
    SimPod pod = server.pod(ref.namespace(), ref.name());
    return CompletableFuture.completedFuture(
        pod == null ? Optional.empty() : Optional.of(view(pod)));
  }

  @Override
  public CompletionStage<EvictResult> evict(Eviction eviction) {
    PodView.Ref pod = eviction.pod();
    SimApiServer.Answer answer =
        server.delete(pod.namespace(), pod.name(), pod.uid(), GRACE_MILLIS);
    return CompletableFuture.completedFuture(
        answer.ok()
            ? EvictResult.EVICTED
            : new EvictResult(
                answer.status() == 404 ? EvictResult.Kind.GONE : EvictResult.Kind.FAILED,
                answer.message()));
  }

  @Override
  public CompletionStage<GateResult> openGate(PodView.Ref pod) {
    SimApiServer.Answer answer =
        server.openGate(pod.namespace(), pod.name(), pod.uid(), PodView.TURN_GATE);
    return CompletableFuture.completedFuture(
        answer.ok() ? GateResult.OPENED : new GateResult(GateResult.Kind.GONE, answer.message()));
  }

  @Override
  public void nudge(PodView.Ref pod) {
    server.nudge(pod.namespace(), pod.name(), pod.uid());
  }

  @Override
  public synchronized void event(PodEvent event) {
    events.addLast(event);
    if (events.size() > MOST_EVENTS) {
      events.removeFirst();
    }
  }

  /** What users were told of their pods, the latest last. */
  public synchronized List<PodEvent> events() {
    return new ArrayList<>(events);
  }

  @Override
  public boolean synced() {
    return true;
  }

  @Override
  public Duration staleness() {
    return Duration.ZERO;
  }

  /** A pod of the API server as the service reads it. */
  public static PodView view(SimPod pod) {
    return view(pod.object());
  }

  /** The same for an object that a client sends. */
  public static PodView view(ObjectNode pod) {
    try (JsonParser parser = pod.traverse()) {
      return PodReader.readDocument(parser);
    } catch (WireException e) {
      String name = pod.path("metadata").path("name").asText();
      throw new IllegalArgumentException("The pod " + name + " cannot be read.", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Passes on what the API server tells. */
  private record Telling(ClusterListener listener) implements SimApiServer.Watcher {
    @Override
    public void nodeChanged(NodeSpec node) {
      listener.nodeChanged(node);
    }

    @Override
    public void nodeRemoved(String name) {
      listener.nodeRemoved(name);
    }

    @Override
    public void podChanged(SimPod pod) {
      listener.podChanged(view(pod));
    }

    @Override
    public void podEnded(SimPod pod) {
      listener.podEnded(pod.uid());
    }
  }
}
