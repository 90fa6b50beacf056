package gpu.kerf.extender.cluster.kubernetes.watching;

import com.fasterxml.jackson.core.JsonFactory;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.calling.ListPage;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import java.io.IOException;
import java.time.Duration;
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
 * Keeps a replica from binding before it knows what another one may have bound.
 *
 * <p>While this replica binds, no other one does: a lease cannot go away and come back between two
 * of its bindings that follow each other within {@link #IDLE}. The one exception is a
 * kube-scheduler that sleeps past its lease and goes on binding beside the next leader: there only
 * the latency of the watches protects, and the audit reports what it lets through. After a longer
 * pause another replica may have led, and the watches of this one may lag. Then
 *
 * <pre>
 *   the first binding    reads what the API server has on its node, at version V, and waits until
 *                        all of that is taken in
 *   others               do the same, each node once, until the watch of pods has passed V
 *   then                 nothing is read any more: all that others have bound is known
 * </pre>
 *
 * <p>The watch passes V soon, and without asking for a bookmark: the event of the first binding is
 * newer than V. A read without resourceVersion is a quorum read: it shows the latest state of etcd.
 *
 * <p>Used on the thread that owns the ledger, but for {@link #doubt} and {@link #bound}.
 */
public final class BindFence {
  private static final Logger LOG = LoggerFactory.getLogger(BindFence.class);
  private static final JsonFactory JSON = new JsonFactory();

  /** Less than any lease of kube-scheduler lasts. */
  static final Duration IDLE = Duration.ofSeconds(3);

  /** kube-scheduler waits 5 seconds for an extender. */
  private static final Duration PATIENCE = Duration.ofMillis(2_500);

  private final RequestPool requests;
  private final Executor loop;
  private final Clocks clocks;
  private final Metrics metrics;
  private final List<ResourceWatch<?>> watches;
  private final WatchProgress pods;
  private final Map<String, CompletionStage<Boolean>> looked = new HashMap<>();
  private boolean open;
  private long passed;
  private long version = -1;
  private volatile boolean doubted;
  private volatile long bound;

  /**
   * @param watches of the kinds that a decision about a node stands on
   */
  public BindFence(
      RequestPool requests,
      Executor loop,
      Clocks clocks,
      Metrics metrics,
      List<ResourceWatch<?>> watches,
      WatchProgress pods) {
    this.requests = requests;
    this.loop = loop;
    this.clocks = clocks;
    this.metrics = metrics;
    this.watches = watches;
    this.pods = pods;
    this.passed = clocks.nanos().getAsLong();
    this.bound = passed;
  }

  /** What an API server has on a node, of one kind. */
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

  private void shut() {
    doubted = false;
    open = false;
    version = -1;
    looked.clear();
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

  /** Reads what is on a node and waits until it is taken in; false if it is not in time. */
  public CompletionStage<Boolean> look(String node) {
    CompletionStage<Boolean> known = looked.get(node);
    if (known != null) {
      return known;
    }
    long began = clocks.nanos().getAsLong();
    passed = began;
    CompletionStage<Boolean> look =
        all(reads(node))
            .thenComposeAsync(found -> await(found, began), loop)
            .exceptionally(failure -> failed(node, failure))
            .thenApplyAsync(done -> ended(node, done, began), loop);
    looked.put(node, look);
    return look;
  }

  private List<CompletionStage<Found>> reads(String node) {
    List<CompletionStage<Found>> reads = new ArrayList<>();
    for (ResourceWatch<?> watch : watches) {
      if (!watch.isAbsent()) {
        reads.add(requests.start(server -> read(server, watch, node)));
      }
    }
    return reads;
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

  private boolean ended(String node, boolean done, long began) {
    long nanos = clocks.nanos().getAsLong() - began;
    boolean inTime = done && nanos <= IDLE.toNanos();
    metrics.count(Metric.FRESH_READS, inTime ? "passed" : "refused");
    if (!inTime) {
      looked.remove(node);
    }
    return inTime;
  }

  /** To be called now and then. */
  public void tick() {
    long now = clocks.nanos().getAsLong();
    for (ResourceWatch<?> watch : watches) {
      watch.progress().expire(now);
    }
  }
}
