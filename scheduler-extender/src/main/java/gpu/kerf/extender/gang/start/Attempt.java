package gpu.kerf.extender.gang.start;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is remembered of the attempts to start one gang. */
final class Attempt {
  private static final long FIRST_PAUSE_MILLIS = 2_000;
  private static final int MOST_DOUBLINGS = 5;
  private static final long OFFER_MILLIS = 30_000;

  /** So often a gang is planned again at once because a node was not offered. */
  private static final int MOST_MISFITS = 4;

  /** The nodes that kube-scheduler offered a pod whose held node was not among them. */
  private record Offer(Set<String> nodes, long until) {}

  private final Set<String> asked = new LinkedHashSet<>();
  private final Map<String, Offer> offers = new LinkedHashMap<>();
  private int failures;
  private int misfits;
  private long pausedUntil;
  private long room = -1;
  private long tried;
  private long called;

  /** Filter told a pod to wait. */
  void asked(String uid) {
    asked.add(uid);
  }

  /** The pods that kube-scheduler has to try again, each told once. */
  List<String> takeAsked() {
    List<String> all = List.copyOf(asked);
    asked.clear();
    return all;
  }

  /** The pods were called now. */
  void called(long now) {
    called = now;
  }

  /** Whether the last call was so long ago; if it was, the next one is now. */
  boolean mayCallAgain(long now, long millis) {
    if (now - called < millis) {
      return false;
    }
    called = now;
    return true;
  }

  /** No place was found while the room was this one. */
  void foundNoRoom(long version, long now) {
    room = version;
    tried = now;
  }

  /** Whether the last attempt failed so short a time ago that the next one has to wait. */
  boolean isPaused(long now) {
    return now - pausedUntil < 0;
  }

  /** Whether kube-scheduler has offered a pod other nodes than those that were held. */
  boolean hasOffers(long now) {
    return lastOffered(now) != null;
  }

  boolean isDue(long version, long now, long retryMillis) {
    return now - pausedUntil >= 0 && (room != version || now - tried >= retryMillis);
  }

  /** It did not start in time: the next attempt has to wait, longer each time. */
  void failed(long now, double jitter) {
    long pause = FIRST_PAUSE_MILLIS << Math.min(failures, MOST_DOUBLINGS);
    failures++;
    misfits = 0;
    pausedUntil = now + pause + (long) (pause * jitter);
  }

  /** The node of a pod was not offered; whether the gang may be planned again at once. */
  boolean misfits(String uid, Set<String> offered, long now) {
    offers.remove(uid);
    offers.put(uid, new Offer(offered, now + OFFER_MILLIS));
    room = -1;
    return ++misfits < MOST_MISFITS;
  }

  /** What was offered to a pod lately; null if nothing is known. */
  @Nullable Set<String> offered(String uid, long now) {
    Offer offer = offers.get(uid);
    return offer == null || now - offer.until >= 0 ? null : offer.nodes;
  }

  /** What was offered lately to any pod of the gang; null if nothing is known. */
  @Nullable Set<String> lastOffered(long now) {
    Set<String> last = null;
    for (Offer offer : offers.values()) {
      last = now - offer.until >= 0 ? last : offer.nodes;
    }
    return last;
  }

  /** The next plan tries all nodes again; whether it would not have. */
  boolean forgetOffers() {
    boolean some = !offers.isEmpty();
    offers.clear();
    return some;
  }

  void started() {
    failures = 0;
    misfits = 0;
    pausedUntil = 0;
    offers.clear();
  }
}
