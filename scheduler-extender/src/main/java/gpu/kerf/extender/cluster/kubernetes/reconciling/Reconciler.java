package gpu.kerf.extender.cluster.kubernetes.reconciling;

import com.fasterxml.jackson.core.JsonFactory;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.calling.ListPage;
import gpu.kerf.extender.cluster.kubernetes.calling.Resource;
import gpu.kerf.extender.cluster.kubernetes.calling.Threads;
import gpu.kerf.extender.cluster.kubernetes.objects.PodSink;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.cluster.kubernetes.watching.Sink;
import gpu.kerf.extender.cluster.kubernetes.writing.Binder;
import gpu.kerf.extender.cluster.kubernetes.writing.Events;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Entry.State;
import gpu.kerf.model.fleet.Ledger;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the ledger with the API server at intervals, and reports where they differ: a difference
 * means a fault that an administrator should know. It repairs a difference only if one more read
 * proves it: it releases the slots of a pod that is gone or not bound. It only reports other
 * differences.
 *
 * <p>It lists the pods anew, page by page on a thread of its own, and does not use the watch. A
 * difference counts if the comparison before found the same one, because a binding or a deletion in
 * progress is a difference for a moment.
 */
public final class Reconciler implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);
  private static final JsonFactory JSON = new JsonFactory();
  private static final Duration PAGE_LIMIT = Duration.ofSeconds(60);
  private static final int PAGE = 500;
  private static final int MOST_TOLD = 20;
  private static final int MOST_REPAIRED = 100;

  private final ApiServer server;
  private final Threads threads;
  private final Executor loop;
  private final Ledger ledger;
  private final Sink<PodView> pods;
  private final Reporting listener;
  private Map<String, Difference> before = Map.of();
  private Map<String, Difference> lasting = Map.of();

  /**
   * Who is told, and when.
   *
   * @param ready whether the ledger knows everything
   */
  public record Reporting(Events events, Metrics metrics, BooleanSupplier ready, Duration every) {}

  /**
   * @param loop runs things on the thread that owns the ledger
   * @param pods takes in the ends of pods as those that the watch tells
   */
  public Reconciler(
      ApiServer server,
      Threads threads,
      Executor loop,
      Ledger ledger,
      Sink<PodView> pods,
      Reporting listener) {
    this.server = server;
    this.threads = threads;
    this.loop = loop;
    this.ledger = ledger;
    this.pods = pods;
    this.listener = listener;
  }

  @Override
  public void run() {
    try {
      while (true) {
        threads.sleep(listener.every);
        if (listener.ready.getAsBoolean()) {
          attempt();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void attempt() throws InterruptedException {
    try {
      repair(compare().values());
      listener.metrics.count(Metric.RECONCILIATIONS, "done");
    } catch (IOException | ExecutionException | RuntimeException e) {
      listener.metrics.count(Metric.RECONCILIATIONS, "failed");
      LOG.atWarn()
          .addKeyValue(LogKeys.PROBLEM, String.valueOf(e.getMessage()))
          .log("The ledger could not be compared with the API server.");
    }
  }

  /** Compares once; what differs as it did the time before. */
  public Map<String, Difference> compare()
      throws IOException, InterruptedException, ExecutionException {
    Comparison comparison =
        threads.await(CompletableFuture.supplyAsync(() -> Comparison.with(ledger), loop));
    list(comparison);
    Map<String, Difference> now = comparison.end();
    Map<String, Difference> still = new LinkedHashMap<>(now);
    still.values().removeIf(each -> !each.equals(before.get(each.pod().uid())));
    before = now;
    tell(still);
    lasting = still;
    return still;
  }

  /** Reads the pods again that seem to be gone or not bound, and gives back what they hold. */
  public void repair(Collection<Difference> differences)
      throws IOException, InterruptedException, ExecutionException {
    int reads = 0;
    for (Difference each : differences) {
      boolean repairable =
          each.kind() == Difference.Kind.GONE || each.kind() == Difference.Kind.UNBOUND;
      if (repairable && reads++ < MOST_REPAIRED) {
        PodView pod = Binder.read(server, each.pod()).orElse(null);
        threads.await(CompletableFuture.runAsync(() -> repair(each, pod), loop));
      }
    }
  }

  /**
   * On the thread that owns the ledger.
   *
   * @param read what the API server has under the pod's name
   */
  private void repair(Difference difference, @Nullable PodView read) {
    String uid = difference.pod().uid();
    Entry entry = ledger.entry(uid);
    if (entry == null || entry.state() == State.PROPOSED) {
      return;
    }
    PodView.Ref pod = difference.pod();
    Meta meta = new Meta(pod.namespace(), pod.name(), uid, "");
    if (read == null || !read.uid().equals(uid)) {
      // That its object is gone does not prove that its containers have ended.
      pods.deleted(meta);
    } else if (read.phase() == PodView.Phase.OVER) {
      pods.put(meta, read);
    } else if (!read.isBound() && entry.state() == State.BOUND) {
      // A binding on its way is none of this: its verb finds out by itself.
      pods.deleted(meta);
      pods.put(meta, read);
    } else {
      return;
    }
    listener.metrics.count(Metric.REPAIRS, difference.kind().word());
    LOG.atWarn()
        .addKeyValue(LogKeys.POD, pod)
        .addKeyValue(LogKeys.UID, uid)
        .addKeyValue(LogKeys.CAUSE, difference.kind().word())
        .log("The slots of a pod were given back, as the API server has proven.");
  }

  private void list(Comparison comparison) throws IOException {
    String next = "";
    do {
      Map<String, String> query = new LinkedHashMap<>(Resource.PODS.firstList());
      query.put("limit", "" + PAGE);
      if (!next.isEmpty()) {
        query.put("continue", next);
      }
      ApiReply reply = server.send(ApiRequest.get(Resource.PODS.path(), query), PAGE_LIMIT);
      if (!reply.ok()) {
        throw new IOException(reply.status() + ": " + reply.problem());
      }
      ListPage page = ListPage.read(reply.body(), JSON);
      for (JsonSlice slice : page.items()) {
        compare(slice, comparison);
      }
      next = page.next();
    } while (!next.isEmpty());
  }

  private static void compare(JsonSlice slice, Comparison comparison) throws IOException {
    try {
      comparison.pod(PodSink.parse(slice));
    } catch (WireException e) {
      comparison.unreadable(Meta.read(slice, JSON).uid());
    }
  }

  private void tell(Map<String, Difference> still) {
    Map<Difference.Kind, Integer> counts = new HashMap<>();
    int fresh = 0;
    for (Difference each : still.values()) {
      counts.merge(each.kind(), 1, Integer::sum);
      if (!each.equals(lasting.get(each.pod().uid())) && fresh++ < MOST_TOLD) {
        tell(each);
      }
    }
    if (fresh > MOST_TOLD) {
      LOG.atError().addKeyValue(LogKeys.COUNT, fresh).log("The ledger differs for more pods.");
    }
    for (Difference.Kind kind : Difference.Kind.values()) {
      listener.metrics.set(Metric.DIFFERENCES, counts.getOrDefault(kind, 0), kind.word());
    }
  }

  private void tell(Difference difference) {
    LOG.atError()
        .addKeyValue(LogKeys.POD, difference.pod())
        .addKeyValue(LogKeys.UID, difference.pod().uid())
        .addKeyValue(LogKeys.NODE, difference.node())
        .addKeyValue(LogKeys.CAUSE, difference.kind().word())
        .log(difference.text());
    var pod = difference.pod();
    listener.events.write(
        new Events.About("Pod", pod.namespace(), pod.name(), pod.uid()),
        new Events.Note(true, "LedgerDiffers", "Reconciling", difference.text()));
  }
}
