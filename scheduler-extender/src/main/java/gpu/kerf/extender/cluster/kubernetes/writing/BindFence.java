package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.calling.ListPage;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.cluster.kubernetes.watching.ResourceWatch;
import gpu.kerf.extender.cluster.kubernetes.watching.WatchProgress;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.PodView;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a replica from binding before it knows what another one has bound.
 *
 * <p>While this replica binds, no other one does: {@link BindingLease}. Once another one has held
 * that Lease, and after a pause, the watches of this one may lag. Then
 *
 * <pre>
 *   the first binding    writes a condition on its pod, at version V, reads the node, its
 *                        ResourceSlices and all ResourceClaims, and waits until all of that is taken
 *                        in
 *   others               read their nodes, each once, until the watch of pods has passed V
 *   then                 nothing is read any more: all that others have bound is known
 * </pre>
 *
 * <p>Reading the pods of the node would not do: a pod that was bound and deleted by force since is
 * not among them, and its containers may run. Once the watch has told of the condition, it has told
 * of every pod that came and went before. A quorum read without resourceVersion is as fresh as
 * etcd.
 *
 * <p>Used on the thread that owns the ledger, but for {@link #doubt} and {@link #bound}.
 */
public final class BindFence {
  private static final Logger LOG = LoggerFactory.getLogger(BindFence.class);
  private static final JsonFactory JSON = new JsonFactory();
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** The condition of a pod that is bound first after a pause. */
  private static final String CONDITION = "kerf.gpu/Binding";

  static final Duration IDLE = Duration.ofSeconds(3);

  /** kube-scheduler waits 5 seconds for an extender. */
  private static final Duration PATIENCE = Duration.ofMillis(2_500);

  private final RequestPool requests;
  private final Executor loop;
  private final Clocks clocks;
  private final Metrics metrics;
  private final List<ResourceWatch<?>> watches;
  private final ResourceWatch<?> podWatch;
  private final WatchProgress pods;
  private final Map<String, CompletionStage<Boolean>> looked = new HashMap<>();
  private final Map<ResourceWatch<?>, CompletionStage<Found>> forAll = new HashMap<>();
  private boolean open;

  /** The reads of an earlier round say nothing of what happened since. */
  private int round;

  private long passed;
  private long version = -1;
  private volatile boolean doubted;
  private volatile long bound;

  /**
   * @param watches of the other kinds that a decision about a node stands on
   */
  public BindFence(
      RequestPool requests,
      Executor loop,
      Clocks clocks,
      Metrics metrics,
      List<ResourceWatch<?>> watches,
      ResourceWatch<?> pods) {
    this.requests = requests;
    this.loop = loop;
    this.clocks = clocks;
    this.metrics = metrics;
    this.watches = watches;
    this.podWatch = pods;
    this.pods = pods.progress();
    this.passed = clocks.nanos().getAsLong();
    this.bound = passed;
  }

  /** What an API server has, of one kind. */
  private record Found(ResourceWatch<?> watch, List<Meta> objects, String version) {}

  /** Whether all that others may have bound is known. */
  public boolean isOpen() {
    long now = clocks.nanos().getAsLong();
    if (doubted || (now - bound > IDLE.toNanos() && now - passed > IDLE.toNanos())) {
      shut();
    } else if (!open && version >= 0 && pods.version() >= version) {
      open = true;
      looked.clear();
    }
    return open;
  }

  /** Another replica has bound, or this one was away. */
  public void shut() {
    round++;
    doubted = false;
    open = false;
    version = -1;
    looked.clear();
    forAll.clear();
  }

  /** Another replica may have led meanwhile. */
  public void doubt() {
    doubted = true;
  }

  /** The API server has accepted a binding that was sent at this time. */
  public void bound(long sent) {
    if (sent - bound > 0) {
      bound = sent;
    }
  }

  /**
   * Reads what is on a node and waits until it is taken in; false if it is not in time.
   *
   * @param pod that goes there
   */
  public CompletionStage<Boolean> look(String node, PodView.Ref pod) {
    CompletionStage<Boolean> known = looked.get(node);
    if (known != null) {
      return known;
    }
    long began = clocks.nanos().getAsLong();
    passed = began;
    int mine = round;
    CompletionStage<Boolean> look =
        all(reads(node, pod))
            .thenComposeAsync(
                found ->
                    mine == round ? await(found, began) : CompletableFuture.completedStage(false),
                loop)
            .exceptionally(failure -> failed(node, failure))
            .thenApplyAsync(done -> ended(node, done, began, mine), loop);
    looked.put(node, look);
    return look;
  }

  private List<CompletionStage<Found>> reads(String node, PodView.Ref pod) {
    List<CompletionStage<Found>> reads = new ArrayList<>();
    reads.add(once(podWatch, server -> mark(server, pod)));
    for (ResourceWatch<?> watch : watches) {
      RequestPool.Work<Found> read = server -> read(server, watch, node);
      if (!watch.isAbsent()) {
        reads.add(watch.resource().isOfNodes() ? requests.start(read) : once(watch, read));
      }
    }
    return reads;
  }

  /** What is the same for all nodes is read once. */
  private CompletionStage<Found> once(ResourceWatch<?> watch, RequestPool.Work<Found> read) {
    return forAll.computeIfAbsent(watch, unused -> requests.start(read));
  }

  /** Writes what the watch of pods has to tell of; no two are the same. */
  private Found mark(ApiServer server, PodView.Ref pod) throws IOException {
    Instant now = clocks.wall().instant();
    ObjectNode body = MAPPER.createObjectNode();
    body.putObject("metadata").put("uid", pod.uid());
    body.putObject("status")
        .putArray("conditions")
        .addObject()
        .put("type", CONDITION)
        .put("status", "True")
        .put("reason", "Binding")
        .put("message", "Kerf hears what came before this, and then binds (" + now + ").")
        .put("lastTransitionTime", now.truncatedTo(ChronoUnit.SECONDS).toString());
    String path = ApiRequest.pod(pod.namespace(), pod.name()) + "/status";
    ApiReply reply =
        server.send(ApiRequest.patch(path, ApiRequest.STRATEGIC_PATCH, body.toString()));
    if (!reply.ok()) {
      throw new IOException(reply.status() + ": " + reply.problem());
    }
    Meta written = Meta.read(new JsonSlice(reply.body(), 0, reply.body().length), JSON);
    return new Found(podWatch, List.of(written), written.resourceVersion());
  }

  private static Found read(ApiServer server, ResourceWatch<?> watch, String node)
      throws IOException {
    ApiReply reply = server.send(ApiRequest.get(watch.path(), watch.resource().selectorOn(node)));
    if (!reply.ok()) {
      throw new IOException(reply.status() + ": " + reply.problem());
    }
    ListPage page = ListPage.read(reply.body(), JSON);
    List<Meta> objects = new ArrayList<>();
    for (JsonSlice slice : page.items()) {
      objects.add(Meta.read(slice, JSON));
    }
    return new Found(watch, objects, page.resourceVersion());
  }

  private static <T> CompletionStage<List<T>> all(List<CompletionStage<T>> stages) {
    CompletionStage<List<T>> all = CompletableFuture.completedStage(new ArrayList<>());
    for (CompletionStage<T> stage : stages) {
      all =
          all.thenCombine(
              stage,
              (list, one) -> {
                list.add(one);
                return list;
              });
    }
    return all;
  }

  private CompletionStage<Boolean> await(List<Found> found, long began) {
    CompletionStage<Boolean> all = CompletableFuture.completedStage(true);
    for (Found one : found) {
      WatchProgress progress = one.watch.progress();
      if (progress == pods && version < 0) {
        version = WatchProgress.number(one.version);
      }
      all =
          all.thenCombine(
              progress.covers(one.objects, one.version, began + PATIENCE.toNanos()),
              Boolean::logicalAnd);
    }
    return all;
  }

  private static boolean failed(String node, Throwable failure) {
    LOG.atWarn()
        .addKeyValue(LogKeys.NODE, node)
        .addKeyValue(LogKeys.PROBLEM, String.valueOf(failure))
        .log("What is on a node could not be read before a binding.");
    return false;
  }

  private boolean ended(String node, boolean done, long began, int mine) {
    long nanos = clocks.nanos().getAsLong() - began;
    boolean inTime = done && mine == round && nanos <= IDLE.toNanos();
    metrics.count(Metric.FRESH_READS, inTime ? "passed" : "refused");
    if (!inTime && mine == round) {
      looked.remove(node);
      forAll.clear();
    }
    return inTime;
  }

  /** To be called now and then. */
  public void tick() {
    long now = clocks.nanos().getAsLong();
    pods.expire(now);
    for (ResourceWatch<?> watch : watches) {
      watch.progress().expire(now);
    }
  }
}
