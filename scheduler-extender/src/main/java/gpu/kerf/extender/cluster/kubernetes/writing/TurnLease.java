package gpu.kerf.extender.cluster.kubernetes.writing;

import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.time.Clocks;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides which replica gives turns to teams: the one whose kube-scheduler places pods, because the
 * places that it holds are in its memory. While no pod is asked about, because all wait at their
 * gates, it is the replica that took the Lease first.
 *
 * <pre>
 *   no replica holds it, or it has run out  any replica takes it
 *   kube-scheduler asks another replica     that one takes it over, and begins {@link #SETTLING} later
 *   the holder finds another one in it      it stops at once
 * </pre>
 *
 * <p>It keeps two replicas from evicting for the same team. That no slot is given twice does not
 * stand on it: {@link BindingLease} does that. Used on the thread that owns the ledger.
 */
public final class TurnLease {
  private static final Logger LOG = LoggerFactory.getLogger(TurnLease.class);

  static final Duration DURATION = Duration.ofSeconds(15);
  static final Duration RENEWAL = Duration.ofSeconds(2);
  static final Duration LOOK = Duration.ofSeconds(4);

  /** The holder before finds out at its next renewal, and what it has sent arrives. */
  static final Duration SETTLING = RENEWAL.plusSeconds(2);

  /** Nothing is sent while it lasts for less than this. */
  private static final Duration MARGIN = Duration.ofSeconds(3);

  /** Without teams there are no turns, and it is let run out. */
  private static final Duration INTEREST = Duration.ofSeconds(5);

  private final RequestPool calls;
  private final Executor loop;
  private final Clocks clocks;
  private final LeaseRequests requests;
  private LeaseRequests.@Nullable Seen seen;
  private boolean underWay;
  private boolean asked;
  private boolean mine;
  private long from;
  private long until;
  private long seenSince;

  /** When another replica was last seen to renew it. */
  private long anotherSeen;

  private long lastRequest;
  private long interest;
  private String problem = "";

  public TurnLease(RequestPool calls, Executor loop, Clocks clocks, LeaseRequests requests) {
    this.calls = calls;
    this.loop = loop;
    this.clocks = clocks;
    this.requests = requests;
    long now = now();
    this.lastRequest = now - LOOK.toNanos();
    this.interest = now - INTEREST.toNanos();
    this.anotherSeen = now - DURATION.toNanos();
  }

  private long now() {
    return clocks.nanos().getAsLong();
  }

  /** Whether this replica gives turns now. To be asked while there are teams. */
  public boolean isHeld() {
    interest = now();
    if (!mine) {
      tick();
    }
    return mine && interest - from >= 0 && until - interest >= MARGIN.toNanos();
  }

  /**
   * Whether another replica has renewed it before the eyes of this one, and so is alive. That of a
   * replica that was killed stays as it is.
   */
  public boolean isAnothers() {
    return !mine && now() - anotherSeen < DURATION.toNanos();
  }

  /** kube-scheduler has asked this replica about a pod. */
  public void asked() {
    if (!mine && !asked) {
      asked = true;
      tick();
    }
  }

  /** Why it cannot be used; empty if it can. */
  public String problem() {
    return problem;
  }

  /** To be called now and then. */
  public void tick() {
    long now = now();
    if (underWay || now - interest >= INTEREST.toNanos()) {
      return;
    }
    LeaseRequests.Seen last = seen;
    boolean due = now - lastRequest >= (mine ? RENEWAL : LOOK).toNanos();
    if (last == null || last.outcome() == LeaseRequests.Outcome.REFUSED) {
      if (due || asked) {
        ask(requests::read);
      }
    } else if (last.outcome() == LeaseRequests.Outcome.MISSING) {
      ask(requests::create);
    } else if (mine ? due : asked || isFree(last, now)) {
      String version = last.version();
      ask(server -> requests.write(server, version, requests.identity()));
    } else if (due) {
      ask(requests::read);
    }
  }

  private boolean isFree(LeaseRequests.Seen last, long now) {
    long lasts = Math.max(DURATION.toNanos(), Duration.ofSeconds(last.seconds()).toNanos());
    return last.holder().isEmpty()
        || last.holder().equals(requests.identity())
        || now - seenSince >= lasts;
  }

  private void ask(RequestPool.Work<LeaseRequests.Seen> work) {
    underWay = true;
    lastRequest = now();
    calls
        .start(work)
        .handleAsync(
            (found, failure) -> {
              underWay = false;
              takeIn(found);
              return null;
            },
            loop);
  }

  private void takeIn(LeaseRequests.@Nullable Seen found) {
    if (found == null) {
      // Whether it was carried out will be read.
      seen = null;
      return;
    }
    LeaseRequests.Seen before = seen;
    if (before == null || !before.version().equals(found.version())) {
      seenSince = now();
      boolean anothers = !found.holder().isEmpty() && !found.holder().equals(requests.identity());
      if (before != null && anothers) {
        anotherSeen = seenSince;
      }
    }
    seen = found;
    problem = found.problem();
    boolean written =
        found.outcome() == LeaseRequests.Outcome.WRITTEN
            || found.outcome() == LeaseRequests.Outcome.CREATED;
    if (written && found.holder().equals(requests.identity())) {
      taken(found, before == null ? "" : before.holder());
    } else if (mine) {
      mine = false;
      LOG.atInfo()
          .addKeyValue(LogKeys.HOLDER, found.holder())
          .log("Another replica gives turns to teams now.");
    }
  }

  private void taken(LeaseRequests.Seen written, String before) {
    if (!mine) {
      mine = true;
      boolean another = !before.isEmpty() && !before.equals(requests.identity());
      from = now() + (another ? SETTLING.toNanos() : 0);
      LOG.info("This replica gives turns to teams now.");
    }
    asked = false;
    until = written.sent().nanos() + DURATION.toNanos();
  }
}
