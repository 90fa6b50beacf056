package gpu.kerf.extender.cluster.kubernetes.writing;

import gpu.kerf.extender.cluster.ClaimResult;
import gpu.kerf.extender.cluster.DeviceClaim;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.wire.PodView;
import java.io.IOException;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes claims on a bounded number of threads, and for each pod one thing after the other: a claim
 * that is given up late must not be the one of the next attempt.
 *
 * <p>Used on the thread that owns the ledger.
 */
public final class ClaimQueue implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClaimQueue.class);

  /** After these the claim may be there, and the pod is not bound. */
  private static final Set<ClaimResult.Kind> GIVEN_UP =
      EnumSet.of(
          ClaimResult.Kind.OF_ANOTHER,
          ClaimResult.Kind.DROPPED,
          ClaimResult.Kind.OVERLAPS,
          ClaimResult.Kind.FORBIDDEN,
          ClaimResult.Kind.REFUSED);

  private final RequestPool requests;
  private final Executor loop;
  private final ClaimWriter writer;
  private final Metrics metrics;
  private final LongSupplier millis;
  private final Supplier<Lease> lease;
  private final Function<DeviceClaim, String> overlapping;
  private final Map<String, CompletionStage<?>> last = new HashMap<>();

  /** When a claim was last asked for, by the pods that may have one and are not bound. */
  private final Map<String, Long> asked = new HashMap<>();

  /** Lets one replica at a time write; used on any thread. */
  public interface Lease {
    /** A request begins; in which term. */
    long begun();

    /** Whether what began in a term may be sent now. */
    boolean covers(long term);

    /** It has ended, or got no answer and may still be carried out. */
    void ended(boolean answered);
  }

  /**
   * @param lease that lets one replica at a time write
   * @param overlapping another claim that has a part of the same devices, as far as is known; empty
   *     if there is none
   */
  public ClaimQueue(
      RequestPool requests,
      Executor loop,
      ClaimWriter writer,
      Metrics metrics,
      LongSupplier millis,
      Supplier<Lease> lease,
      Function<DeviceClaim, String> overlapping) {
    this.requests = requests;
    this.loop = loop;
    this.writer = writer;
    this.metrics = metrics;
    this.millis = millis;
    this.lease = lease;
    this.overlapping = overlapping;
    for (ClaimResult.Kind kind : ClaimResult.Kind.values()) {
      metrics.zero(Metric.CLAIMS, word(kind));
    }
  }

  private static String word(ClaimResult.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  /** Writes a claim. One that cannot be written for sure is given up before this completes. */
  public CompletionStage<ClaimResult> claim(DeviceClaim claim) {
    asked.put(claim.pod().uid(), millis.getAsLong());
    return underLease(claim.pod().uid(), (server, may) -> write(server, claim, may))
        .exceptionally(ClaimQueue::notStarted)
        .thenComposeAsync(result -> beside(claim, result), loop)
        .thenApply(result -> told(claim.pod(), result));
  }

  /**
   * Another program that allocates from the same pool may have taken a part of the device
   * meanwhile. The API server accepts both claims, and the driver would refuse the second pod when
   * it cannot have another device any more. So Kerf steps back.
   */
  private CompletionStage<ClaimResult> beside(DeviceClaim claim, ClaimResult result) {
    boolean written = result.kind() == ClaimResult.Kind.WRITTEN;
    String other = written ? overlapping.apply(claim) : "";
    if (other.isEmpty()) {
      return CompletableFuture.completedStage(result);
    }
    ClaimResult stepped = new ClaimResult(ClaimResult.Kind.OVERLAPS, other);
    // Where it cannot be given up, a binding is not sent either, and it is swept.
    return abandon(claim.pod()).thenApply(outcome -> stepped);
  }

  private ClaimResult write(ApiServer server, DeviceClaim claim, BooleanSupplier may) {
    ClaimResult result = writer.write(server, claim, may);
    if (GIVEN_UP.contains(result.kind())) {
      try {
        writer.abandon(server, claim.pod(), may);
      } catch (IOException e) {
        stays(claim.pod(), e);
      }
    }
    return result;
  }

  private static ClaimResult notStarted(Throwable failure) {
    boolean refused = failure instanceof RejectedExecutionException;
    return new ClaimResult(
        refused ? ClaimResult.Kind.IN_REMOVAL : ClaimResult.Kind.UNKNOWN, String.valueOf(failure));
  }

  private ClaimResult told(PodView.Ref pod, ClaimResult result) {
    metrics.count(Metric.CLAIMS, word(result.kind()));
    if (result.kind() != ClaimResult.Kind.WRITTEN) {
      LOG.atWarn()
          .addKeyValue(LogKeys.POD, pod)
          .addKeyValue(LogKeys.UID, pod.uid())
          .addKeyValue(LogKeys.CAUSE, word(result.kind()))
          .addKeyValue(LogKeys.PROBLEM, result.text())
          .log("The devices of a pod could not be claimed.");
    }
    return result;
  }

  /**
   * Gives up the claim of a pod.
   *
   * @return true if the pod names none any more, or is bound and keeps it
   */
  public CompletionStage<Boolean> unclaim(PodView.Ref pod) {
    return abandon(pod)
        .thenApply(outcome -> outcome == Abandoned.DONE || outcome == Abandoned.BOUND);
  }

  /** Gives up the claim of a pod that is not bound. */
  public CompletionStage<Abandoned> abandon(PodView.Ref pod) {
    return underLease(pod.uid(), (server, may) -> writer.abandon(server, pod, may))
        .exceptionally(
            failure -> {
              stays(pod, failure);
              return Abandoned.FAILED;
            })
        .thenApplyAsync(
            outcome -> {
              if (outcome != Abandoned.FAILED) {
                asked.remove(pod.uid());
              }
              return outcome;
            },
            loop);
  }

  private static void stays(PodView.Ref pod, Throwable failure) {
    LOG.atWarn()
        .addKeyValue(LogKeys.POD, pod)
        .addKeyValue(LogKeys.PROBLEM, String.valueOf(failure.getMessage()))
        .log("A ResourceClaim could not be given up yet; it will be tried again.");
  }

  /** A pod is bound, or gone: its claim goes with it. */
  public void settled(String podUid) {
    asked.remove(podUid);
  }

  /** Whether a pod that is not bound may have a claim by this replica. */
  public boolean mayHaveClaim(String podUid) {
    return asked.containsKey(podUid) || last.containsKey(podUid);
  }

  /** Whether a claim for a pod is being written, or was asked for within a time. */
  public boolean isBusy(String podUid, long withinMillis) {
    Long at = asked.get(podUid);
    return last.containsKey(podUid) || (at != null && millis.getAsLong() - at < withinMillis);
  }

  /** One request of a pod. */
  private interface Work<T> {
    T run(ApiServer server, BooleanSupplier mayWrite) throws IOException;
  }

  /** Runs once what runs for the same pod has ended. */
  private <T> CompletionStage<T> underLease(String podUid, Work<T> work) {
    CompletionStage<?> before = last.get(podUid);
    CompletableFuture<T> result = new CompletableFuture<>();
    last.put(podUid, result);
    if (before == null) {
      start(work, result);
    } else {
      before.whenCompleteAsync((done, failure) -> start(work, result), loop);
    }
    CompletionStage<T> end = result;
    end.whenCompleteAsync((done, failure) -> last.remove(podUid, result), loop);
    return end;
  }

  private <T> void start(Work<T> work, CompletableFuture<T> result) {
    Lease toBind = lease.get();
    long term = toBind.begun();
    requests
        .start(server -> work.run(server, () -> toBind.covers(term)))
        .whenComplete(
            (done, failure) -> {
              toBind.ended(failure == null && !isUnknown(done));
              if (failure == null) {
                result.complete(done);
              } else {
                result.completeExceptionally(failure);
              }
            });
  }

  private static boolean isUnknown(Object done) {
    return done instanceof ClaimResult result && result.kind() == ClaimResult.Kind.UNKNOWN;
  }

  @Override
  public void close() {
    requests.close();
  }
}
