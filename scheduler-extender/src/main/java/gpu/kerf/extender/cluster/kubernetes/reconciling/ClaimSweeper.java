package gpu.kerf.extender.cluster.kubernetes.reconciling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.cluster.kubernetes.watching.Sink;
import gpu.kerf.extender.cluster.kubernetes.writing.Abandoned;
import gpu.kerf.extender.cluster.kubernetes.writing.ClaimBodies;
import gpu.kerf.extender.cluster.kubernetes.writing.ClaimQueue;
import gpu.kerf.extender.cluster.kubernetes.writing.Events;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Releases ResourceClaims of Kerf's that no pod uses: what a replica leaves that was killed between
 * two writes, or whose pod was never bound. Their devices would count as used for as long as the
 * pod is there.
 *
 * <pre>
 *   claim seen, its pod is known to be bound          kept: it goes with the pod
 *   its pod not known to be bound for {@link #AGE}    the API server is asked for the pod
 *     bound                                           kept
 *     not bound, or gone                              given up, and reported
 *   another pod uses its devices                      kept: it goes with its users
 * </pre>
 *
 * <p>It hears of all claims and tells the next sink of them. One replica at a time sweeps: the one
 * that holds, or can take, the lease to bind. A claim that this replica was asked for within the
 * time is not swept, nor is one whose pod was deleted by force and may still run.
 *
 * <p>Used on the thread that owns the ledger.
 */
public final class ClaimSweeper<T> implements Sink<ClaimSweeper.Told<T>> {
  private static final Logger LOG = LoggerFactory.getLogger(ClaimSweeper.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PREFIX = PodView.CLAIM_PREFIX;

  /** How long a claim may be there without its pod being bound. */
  public static final Duration AGE = Duration.ofSeconds(30);

  private static final int MOST_AT_ONCE = 50;

  private final Sink<T> next;
  private final ClaimQueue queue;
  private final Supplier<CompletionStage<Boolean>> ready;
  private final Predicate<String> mayRun;
  private final Reporting reporting;
  private final LongSupplier millis;
  private final Executor loop;

  /** Claims whose pods are not known to be bound, by the pod's uid. */
  private final Map<String, Loose> loose = new HashMap<>();

  private final Set<String> bound = new HashSet<>();
  private final Set<String> asking = new HashSet<>();

  /**
   * What another sink makes of a claim.
   *
   * @param pod the name of the pod that owns it, where it is a claim of Kerf's; else empty
   * @param shared whether another pod may use its devices
   */
  public record Told<T>(T object, String pod, boolean shared) {}

  /** A claim, and since when it has been there without a pod that is bound. */
  private record Loose(Meta claim, String pod, boolean shared, long since) {
    PodView.Ref ref() {
      return new PodView.Ref(claim.namespace(), pod, podUid(claim));
    }

    Loose anew(long now) {
      return new Loose(claim, pod, shared, now);
    }
  }

  /** Where it is told what was swept. */
  public record Reporting(Events events, Metrics metrics) {}

  /**
   * @param ready makes this replica the one that may write, if it can be
   * @param mayRun whether containers of a pod may run, be its object there or not
   */
  public ClaimSweeper(
      Sink<T> next,
      ClaimQueue queue,
      Supplier<CompletionStage<Boolean>> ready,
      Predicate<String> mayRun,
      Reporting reporting,
      LongSupplier millis,
      Executor loop) {
    this.next = next;
    this.queue = queue;
    this.ready = ready;
    this.mayRun = mayRun;
    this.reporting = reporting;
    this.millis = millis;
    this.loop = loop;
    List.of("done", "failed").forEach(how -> reporting.metrics.zero(Metric.CLAIMS_SWEPT, how));
  }

  @Override
  public Told<T> read(Meta meta, JsonSlice json) throws WireException {
    T object = next.read(meta, json);
    JsonNode claim = isOwn(meta) ? tree(json) : MissingNode.getInstance();
    boolean shared = isOwn(meta) && ClaimBodies.isSharedWithOthers(claim, podUid(meta));
    return new Told<>(object, pod(meta, claim), shared);
  }

  private static JsonNode tree(JsonSlice json) throws WireException {
    try {
      return JSON.readTree(json.bytes(), json.offset(), json.length());
    } catch (IOException e) {
      throw new WireException("The ResourceClaim cannot be read: " + e.getMessage());
    }
  }

  private static String pod(Meta meta, JsonNode claim) {
    for (JsonNode owner : claim.at("/metadata/ownerReferences")) {
      if (owner.path("uid").asText("").equals(podUid(meta))) {
        return owner.path("name").asText("");
      }
    }
    return "";
  }

  private static boolean isOwn(Meta meta) {
    return meta.name().startsWith(PREFIX);
  }

  private static String podUid(Meta meta) {
    return meta.name().substring(PREFIX.length());
  }

  @Override
  public void put(Meta meta, Told<T> told) {
    if (!told.pod.isEmpty() && !bound.contains(podUid(meta))) {
      Loose before = loose.get(podUid(meta));
      long since = before == null ? millis.getAsLong() : before.since;
      loose.put(podUid(meta), new Loose(meta, told.pod, told.shared, since));
    }
    next.put(meta, told.object);
  }

  @Override
  public void unreadable(Meta meta, String problem) {
    next.unreadable(meta, problem);
  }

  @Override
  public void deleted(Meta meta) {
    if (isOwn(meta)) {
      loose.remove(podUid(meta));
      bound.remove(podUid(meta));
    }
    next.deleted(meta);
  }

  @Override
  public void missed(Meta meta, Told<T> told) {
    next.missed(meta, told.object);
  }

  /** A pod is bound: if it has a claim, it keeps it. */
  public void podBound(String uid) {
    if (loose.remove(uid) != null) {
      bound.add(uid);
    }
    queue.settled(uid);
  }

  /** A pod is gone. The garbage collector takes its claim; if it does not, the claim is swept. */
  public void podEnded(String uid) {
    queue.settled(uid);
  }

  /** Whether a claim is there for a pod that is not known to be bound. */
  public boolean hasClaim(String podUid) {
    return loose.containsKey(podUid);
  }

  /** The uid of the claim of a pod that is not known to be bound; empty if none has been seen. */
  public String claimUid(String podUid) {
    Loose known = loose.get(podUid);
    return known == null ? "" : known.claim.uid();
  }

  /** Sweeps what is due; to be called now and then. */
  public void tick() {
    long now = millis.getAsLong();
    List<Loose> due = new ArrayList<>();
    for (Loose each : loose.values()) {
      String uid = podUid(each.claim);
      boolean leftOver = !each.shared && now - each.since >= AGE.toMillis();
      if (leftOver && !asking.contains(uid) && !isInUse(uid) && due.size() < MOST_AT_ONCE) {
        due.add(each);
      }
    }
    if (due.isEmpty()) {
      return;
    }
    due.forEach(each -> asking.add(podUid(each.claim)));
    ready
        .get()
        .whenCompleteAsync(
            (may, failure) -> due.forEach(each -> sweep(each, failure == null && may)), loop);
  }

  private boolean isInUse(String uid) {
    return mayRun.test(uid) || queue.isBusy(uid, AGE.toMillis());
  }

  private void sweep(Loose one, boolean may) {
    // A bind may have begun meanwhile.
    if (!may || isInUse(podUid(one.claim))) {
      again(one);
      return;
    }
    queue
        .abandon(one.ref())
        .whenCompleteAsync(
            (outcome, failure) -> {
              again(one);
              if (outcome == Abandoned.BOUND) {
                podBound(podUid(one.claim));
              } else {
                tell(one, failure == null && outcome != Abandoned.FAILED);
              }
            },
            loop);
  }

  /** If the claim is still there after the time, it is looked at again. */
  private void again(Loose one) {
    asking.remove(podUid(one.claim));
    loose.computeIfPresent(podUid(one.claim), (uid, now) -> now.anew(millis.getAsLong()));
  }

  private void tell(Loose one, boolean done) {
    reporting.metrics.count(Metric.CLAIMS_SWEPT, done ? "done" : "failed");
    if (!done) {
      return;
    }
    LOG.atWarn()
        .addKeyValue(LogKeys.RESOURCE, one.claim.key())
        .addKeyValue(LogKeys.POD, one.ref())
        .log("A ResourceClaim was left over and is released: its pod was not bound.");
    reporting.events.write(
        new Events.About("ResourceClaim", one.claim.namespace(), one.claim.name(), one.claim.uid()),
        new Events.Note(
            true,
            "ClaimReleased",
            "Sweeping",
            "The pod " + one.ref() + " was not bound, so its devices are released."));
  }
}
