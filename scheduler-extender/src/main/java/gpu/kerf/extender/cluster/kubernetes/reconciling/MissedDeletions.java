package gpu.kerf.extender.cluster.kubernetes.reconciling;

import gpu.kerf.extender.cluster.kubernetes.calling.Threads;
import gpu.kerf.extender.cluster.kubernetes.objects.Quarantine;
import gpu.kerf.extender.cluster.kubernetes.watching.DeletionHistory;
import gpu.kerf.extender.cluster.kubernetes.watching.ResourceWatch;
import gpu.kerf.extender.telemetry.LogKeys;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the pods that were deleted by force while this replica did not listen, so that their slots
 * are quarantined as if it had listened.
 *
 * <p>A list shows the pods that are there. It does not show a pod that was bound and deleted since
 * this replica heard the last event, or while it did not run. Its containers may run on. So before
 * a list counts, the events of that time are heard from the API server again: from the last version
 * that was heard, or from the {@link Checkpoint}, the newer of the two.
 *
 * <pre>
 *   the API server still has these events    every pod that was deleted is quarantined
 *   it has forgotten them (410)              nothing is decided until every pod that may have been
 *                                            deleted meanwhile has surely ended, or until another
 *                                            replica that has heard all has written so
 * </pre>
 *
 * <p>Replicas that have heard all write the checkpoint every {@link #EVERY}: the version before the
 * first deletion whose quarantine is not over, or the last version that was heard where nothing is
 * quarantined.
 */
public final class MissedDeletions implements Runnable, DeletionHistory {
  private static final Logger LOG = LoggerFactory.getLogger(MissedDeletions.class);

  /** How often the checkpoint is written while pods change. */
  static final Duration EVERY = Duration.ofSeconds(10);

  private static final Duration LOOK = Duration.ofSeconds(1);

  private final Checkpoint checkpoint;
  private final Quarantine quarantine;
  private final Duration longestGrace;
  private final LongSupplier nanos;
  private final Threads threads;
  private final Executor loop;
  private volatile @Nullable Gap gap;
  private volatile long recordedGrace;
  private @Nullable ResourceWatch<?> pods;
  private boolean warned;
  private Checkpoint.Mark written = Checkpoint.Mark.NONE;
  private long writtenAt;

  /** Some deletions before a list may never be known. */
  private record Gap(long version, long untilNanos) {}

  /**
   * @param longestGrace no grace period that is longer is waited for
   */
  public MissedDeletions(
      Checkpoint checkpoint,
      Quarantine quarantine,
      Duration longestGrace,
      LongSupplier nanos,
      Threads threads,
      Executor loop) {
    this.checkpoint = checkpoint;
    this.quarantine = quarantine;
    this.longestGrace = longestGrace;
    this.nanos = nanos;
    this.threads = threads;
    this.loop = loop;
    this.writtenAt = nanos.getAsLong() - EVERY.toNanos();
  }

  @Override
  public long from(long heard) throws IOException {
    Checkpoint.Mark mark = checkpoint.read();
    if (mark == null) {
      if (!warned) {
        LOG.atWarn()
            .addKeyValue(LogKeys.RESOURCE, Checkpoint.NAME)
            .log(
                "There is no ConfigMap for the checkpoint, or Kerf may not read it: after a restart"
                    + " Kerf does not know which pods were deleted by force.");
        warned = true;
      }
      return heard;
    }
    recordedGrace = Math.max(recordedGrace, mark.graceSeconds());
    return Math.max(heard, mark.version());
  }

  @Override
  public synchronized void forgotten(long listed) {
    long known = Math.max(recordedGrace, quarantine.longestGraceSeconds());
    // A pod that the webhook did not see must not stop everything for years.
    long period = quarantine.period(Math.min(known, longestGrace.toSeconds()));
    gap = new Gap(listed, nanos.getAsLong() + period);
    LOG.atWarn()
        .addKeyValue(LogKeys.MILLIS, period / 1_000_000)
        .log(
            "The API server has forgotten which pods were deleted while Kerf did not listen;"
                + " nothing is bound until their containers have surely ended.");
  }

  /** How long nothing may be decided yet; zero if all deletions that matter are known. */
  public Duration waiting() {
    Gap known = gap;
    return known == null
        ? Duration.ZERO
        : Duration.ofNanos(Math.max(0, known.untilNanos - nanos.getAsLong()));
  }

  /**
   * Begins to write the checkpoint.
   *
   * @param watch of the pods
   */
  public void follow(ResourceWatch<?> watch) {
    pods = watch;
  }

  /** Up to which version everything about pods has been told; -1 if there is none. */
  public long heard() {
    ResourceWatch<?> watch = pods;
    return watch == null ? -1 : watch.progress().complete();
  }

  @Override
  public void run() {
    try {
      while (true) {
        threads.sleep(LOOK);
        attempt();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void attempt() throws InterruptedException {
    try {
      if (gap == null) {
        write();
      } else {
        lookWhetherKnown();
      }
    } catch (IOException | ExecutionException e) {
      LOG.atWarn()
          .addKeyValue(LogKeys.PROBLEM, String.valueOf(e.getMessage()))
          .log("The checkpoint of deleted pods could not be read or written; it is tried again.");
    }
  }

  private void lookWhetherKnown() throws IOException {
    Gap known = gap;
    if (known == null) {
      return;
    }
    Checkpoint.Mark mark = waiting().isZero() ? null : checkpoint.read();
    boolean heardByAnother = mark != null && mark.version() >= known.version;
    if (heardByAnother || waiting().isZero()) {
      end(known);
    }
  }

  private synchronized void end(Gap known) {
    if (known.equals(gap)) {
      gap = null;
      LOG.info("All pods that were deleted by force and may still run are known again.");
    }
  }

  private void write() throws IOException, InterruptedException, ExecutionException {
    Checkpoint.Mark now = threads.await(CompletableFuture.supplyAsync(this::mark, loop));
    boolean due = nanos.getAsLong() - writtenAt >= EVERY.toNanos();
    boolean longer = now.graceSeconds() > written.graceSeconds();
    if (now.version() < 0 || now.equals(written) || !(due || longer)) {
      return;
    }
    Checkpoint.Mark is = checkpoint.write(now);
    writtenAt = nanos.getAsLong();
    if (is != null) {
      written = is;
    }
  }

  private Checkpoint.Mark mark() {
    ResourceWatch<?> watch = pods;
    if (watch == null || gap != null || !watch.listed()) {
      return Checkpoint.Mark.NONE;
    }
    long version = Math.min(heard(), quarantine.oldestDeletion());
    return new Checkpoint.Mark(version, quarantine.longestGraceSeconds());
  }
}
