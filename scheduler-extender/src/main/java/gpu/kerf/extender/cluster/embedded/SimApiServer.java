package gpu.kerf.extender.cluster.embedded;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The part of an API server that scheduling needs, in memory.
 *
 * <p>It answers as the real one does: a pod is bound once (409 ever after, also for the same node),
 * a pod that is being deleted or has a scheduling gate is not bound, a uid that differs is a
 * conflict, a Binding's annotations are merged in the same step, and whether the node exists is not
 * checked. A bound pod that is deleted goes on holding what it has until its grace period is over.
 *
 * <p>Any thread may call. Watchers hear of changes in their order, each on its own executor.
 */
public final class SimApiServer {

  /** What the server says to a write. */
  public record Answer(int status, String message) {
    static final Answer OK = new Answer(200, "");
    static final Answer CREATED = new Answer(201, "");

    public boolean ok() {
      return status < 300;
    }
  }

  /** Hears of changes. */
  public interface Watcher {
    void nodeChanged(NodeSpec node);

    void nodeRemoved(String name);

    /** A pod is new, bound, told to end, or has lost a gate. */
    void podChanged(SimPod pod);

    void podEnded(SimPod pod);

    /** A pod was changed only so that kube-scheduler tries it again. */
    default void podNudged(SimPod pod) {}
  }

  private record Watch(Executor executor, Watcher watcher) {}

  private final Timers timers;
  private final Map<String, NodeSpec> nodes = new LinkedHashMap<>();
  private final Map<String, SimPod> pods = new LinkedHashMap<>();
  private final Map<String, Map<String, SimPod>> byNode = new LinkedHashMap<>();
  private final List<Watch> watches = new ArrayList<>();

  public SimApiServer(Timers timers) {
    this.timers = timers;
  }

  /** Tells a watcher of everything there is, and from then on of every change. */
  public synchronized void watch(Executor executor, Watcher watcher) {
    watches.add(new Watch(executor, watcher));
    nodes.values().forEach(node -> executor.execute(() -> watcher.nodeChanged(node)));
    pods.values().forEach(pod -> executor.execute(() -> watcher.podChanged(pod)));
  }

  public synchronized void putNode(NodeSpec node) {
    nodes.put(node.name(), node);
    tell(watcher -> watcher.nodeChanged(node));
  }

  /**
   * The node object is deleted; its pods stay, as they do until the garbage collector takes them.
   */
  public synchronized void removeNode(String name) {
    if (nodes.remove(name) != null) {
      tell(watcher -> watcher.nodeRemoved(name));
    }
  }

  public synchronized List<NodeSpec> nodes() {
    return List.copyOf(nodes.values());
  }

  /** Creates a pod from a manifest with a uid of its own; 409 if one of that name is there. */
  public synchronized Answer create(ObjectNode manifest) {
    SimPod pod = pod(manifest);
    if (pods.containsKey(pod.key())) {
      return new Answer(409, "pods \"%s\" already exists".formatted(pod.name()));
    }
    put(pod);
    return Answer.CREATED;
  }

  private SimPod pod(ObjectNode manifest) {
    JsonNode metadata = manifest.path("metadata");
    Map<String, String> annotations = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> each : metadata.path("annotations").properties()) {
      annotations.put(each.getKey(), each.getValue().asText());
    }
    return new SimPod(
        metadata.path("uid").asText(),
        metadata.path("namespace").asText("default"),
        metadata.path("name").asText(),
        manifest.path("spec").path("priority").asInt(0),
        manifest,
        annotations,
        timers.now(),
        null,
        null);
  }

  /** {@code POST pods/NAME/binding}. */
  public synchronized Answer bind(
      String namespace, String name, String uid, String node, Map<String, String> annotations) {
    SimPod pod = pods.get(namespace + "/" + name);
    if (pod == null) {
      return notFound(name);
    }
    if (isAnother(pod, uid)) {
      return anotherUid(pod, uid);
    }
    if (pod.isTerminating()) {
      return conflict(name, "it is being deleted, and cannot be assigned to a node");
    }
    if (!pod.manifest().path("spec").path("schedulingGates").isEmpty()) {
      return conflict(name, "it has scheduling gates, and cannot be assigned to a node");
    }
    if (pod.node() != null) {
      return conflict(name, "it is already assigned to node \"" + pod.node() + "\"");
    }
    Map<String, String> merged = new LinkedHashMap<>(pod.annotations());
    merged.putAll(annotations);
    put(pod.boundTo(node, merged));
    return Answer.CREATED;
  }

  /** A patch that takes one scheduling gate off a pod; it may have lost the gate already. */
  public synchronized Answer openGate(String namespace, String name, String uid, String gate) {
    SimPod pod = pods.get(namespace + "/" + name);
    if (pod == null) {
      return notFound(name);
    }
    if (isAnother(pod, uid)) {
      return anotherUid(pod, uid);
    }
    if (pod.hasGate(gate)) {
      put(pod.withoutGate(gate));
    }
    return Answer.OK;
  }

  /** A patch of a pod that changes nothing that it asks for. */
  public synchronized void nudge(String namespace, String name, String uid) {
    SimPod pod = pods.get(namespace + "/" + name);
    if (pod != null && !isAnother(pod, uid)) {
      tell(watcher -> watcher.podNudged(pod));
    }
  }

  /**
   * {@code DELETE pods/NAME}, with the uid as its precondition unless that is empty. A pod that was
   * never bound is gone at once; telling one twice does not prolong its grace.
   */
  public synchronized Answer delete(String namespace, String name, String uid, long graceMillis) {
    SimPod pod = pods.get(namespace + "/" + name);
    if (pod == null) {
      return notFound(name);
    }
    if (isAnother(pod, uid)) {
      return anotherUid(pod, uid);
    }
    if (!pod.isBound() || graceMillis <= 0) {
      drop(pod);
    } else if (!pod.isTerminating()) {
      put(pod.terminatingSince(timers.now()));
      timers.after(graceMillis, () -> gone(pod.key(), pod.uid()));
    }
    return Answer.OK;
  }

  /** The pod's work is done and its object collected, if it is still there. */
  public synchronized boolean gone(String key, String uid) {
    SimPod pod = pods.get(key);
    if (pod == null || !pod.uid().equals(uid)) {
      return false;
    }
    drop(pod);
    return true;
  }

  private static boolean isAnother(SimPod pod, String uid) {
    return !uid.isEmpty() && !uid.equals(pod.uid());
  }

  private static Answer anotherUid(SimPod pod, String uid) {
    return conflict(pod.name(), "the uid of the precondition (" + uid + ") is not " + pod.uid());
  }

  private static Answer notFound(String name) {
    return new Answer(404, "pods \"%s\" not found".formatted(name));
  }

  private static Answer conflict(String name, String why) {
    return new Answer(409, "Operation cannot be fulfilled on pods \"%s\": %s".formatted(name, why));
  }

  public synchronized @Nullable SimPod pod(String namespace, String name) {
    return pods.get(namespace + "/" + name);
  }

  public synchronized List<SimPod> pods() {
    return List.copyOf(pods.values());
  }

  /** The pods that are bound to a node and not gone yet, the oldest first. */
  public synchronized List<SimPod> podsOn(String node) {
    return List.copyOf(byNode.getOrDefault(node, Map.of()).values());
  }

  private void put(SimPod pod) {
    pods.put(pod.key(), pod);
    if (pod.node() != null) {
      byNode.computeIfAbsent(pod.node(), name -> new LinkedHashMap<>()).put(pod.key(), pod);
    }
    tell(watcher -> watcher.podChanged(pod));
  }

  private void drop(SimPod pod) {
    pods.remove(pod.key());
    if (pod.node() != null) {
      byNode.getOrDefault(pod.node(), Map.of()).remove(pod.key());
    }
    tell(watcher -> watcher.podEnded(pod));
  }

  private void tell(Consumer<Watcher> news) {
    for (Watch watch : watches) {
      watch.executor().execute(() -> news.accept(watch.watcher()));
    }
  }
}
