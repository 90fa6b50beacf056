package gpu.kerf.extender.cluster.kubernetes;

import com.fasterxml.jackson.core.JsonFactory;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Meter;
import gpu.kerf.extender.telemetry.Meters;
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
 * Compares the ledger with the API server at intervals, and says where they differ: if there is
 * ever anything to tell, something is wrong that an administrator should know. It repairs what one
 * more read proves: slots of a pod that is gone, or not bound, are given back. The rest is only
 * told.
 *
 * <p>The pods are listed anew for it, page by page on a thread of its own; what the watch has told
 * is not asked. A difference counts when it was the same the time before, for a binding or a
 * deletion on its way is one for a moment.
 */
final class Reconciler implements Runnable {
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
  private final Told told;
  private Map<String, Difference> before = Map.of();
  private Map<String, Difference> lasting = Map.of();

  /**
   * Who is told, and when.
   *
   * @param ready whether the ledger knows everything
   */
  record Told(Events events, Meters meters, BooleanSupplier ready, Duration every) {}

  /**
   * @param loop runs things on the thread that owns the ledger
   * @param pods takes in the ends of pods as those that the watch tells
   */
  Reconciler(
      ApiServer server,
      Threads threads,
      Executor loop,
      Ledger ledger,
      Sink<PodView> pods,
      Told told) {
    this.server = server;
    this.threads = threads;
    this.loop = loop;
    this.ledger = ledger;
    this.pods = pods;
    this.told = told;
  }

  @Override
  public void run() {
    try {
      while (true) {
        threads.sleep(told.every);
        if (told.ready.getAsBoolean()) {
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
      told.meters.count(Meter.RECONCILIATIONS, "done");
    } catch (IOException | ExecutionException | RuntimeException e) {
      told.meters.count(Meter.RECONCILIATIONS, "failed");
      LOG.atWarn()
          .addKeyValue(LogKeys.PROBLEM, String.valueOf(e.getMessage()))
          .log("The ledger could not be compared with the API server.");
    }
  }

  /** Compares once; what differs as it did the time before. */
  Map<String, Difference> compare() throws IOException, InterruptedException, ExecutionException {
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
  void repair(Collection<Difference> differences)
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
      pods.gone(meta);
    } else if (read.phase() == PodView.Phase.OVER) {
      pods.put(meta, read);
    } else if (!read.isBound() && entry.state() == State.BOUND) {
      // A binding on its way is none of this: its verb finds out by itself.
      pods.gone(meta);
      pods.put(meta, read);
    } else {
      return;
    }
    told.meters.count(Meter.REPAIRS, difference.kind().word());
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
      for (Piece piece : page.items()) {
        compare(piece, comparison);
      }
      next = page.next();
    } while (!next.isEmpty());
  }

  private static void compare(Piece piece, Comparison comparison) throws IOException {
    try {
      comparison.pod(Pods.parse(piece));
    } catch (WireException e) {
      comparison.unreadable(Meta.read(piece, JSON).uid());
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
      told.meters.set(Meter.DIFFERENCES, counts.getOrDefault(kind, 0), kind.word());
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
    told.events.write(
        new Events.About("Pod", pod.namespace(), pod.name(), pod.uid()),
        new Events.Note(true, "LedgerDiffers", "Reconciling", difference.text()));
  }
}
