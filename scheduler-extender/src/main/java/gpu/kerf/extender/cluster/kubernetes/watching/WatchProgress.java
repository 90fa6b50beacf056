package gpu.kerf.extender.cluster.kubernetes.watching;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * How far the thread that owns the ledger has taken in the events of one kind: the highest version,
 * and the version of every object. All of it is used on that thread.
 *
 * <p>Versions are compared as numbers, which the API server allows for objects of one kind.
 */
public final class WatchProgress {
  private final Map<String, Meta> objects = new HashMap<>();
  private final List<Waiting> waiting = new ArrayList<>();
  private long version = -1;
  private long complete = -1;

  /** A caller waits until everything that a list had is taken in. */
  private record Waiting(
      Collection<Meta> list, long version, long deadline, CompletableFuture<Boolean> done) {}

  /** Everything up to this version has been told; what is told next is newer. */
  public void complete(long version) {
    complete = version;
  }

  /** Up to which version everything has been told; -1 if there is none. */
  public long complete() {
    return complete;
  }

  void put(Meta meta) {
    objects.put(meta.key(), meta);
    reached(meta.resourceVersion());
  }

  void deleted(Meta meta) {
    objects.remove(meta.key());
  }

  /** Everything up to this version has been taken in. */
  void reached(String resourceVersion) {
    version = Math.max(version, number(resourceVersion));
    settle();
  }

  /** After a list, which an API server restored from a backup may answer with an older version. */
  void listedAt(String resourceVersion) {
    version = number(resourceVersion);
    settle();
  }

  public long version() {
    return version;
  }

  /**
   * Completes when all that a list had is taken in; with false if it is not so by a time.
   *
   * @param resourceVersion that of the list
   * @param deadline on the clock that is given to {@link #expire}
   */
  public CompletionStage<Boolean> covers(
      Collection<Meta> list, String resourceVersion, long deadline) {
    Waiting one = new Waiting(list, number(resourceVersion), deadline, new CompletableFuture<>());
    waiting.add(one);
    settle();
    return one.done;
  }

  /** Disappoints those who have waited too long. */
  public void expire(long now) {
    for (Waiting one : List.copyOf(waiting)) {
      if (now - one.deadline >= 0) {
        waiting.remove(one);
        one.done.complete(false);
      }
    }
  }

  private void settle() {
    if (waiting.isEmpty()) {
      return;
    }
    for (Waiting one : List.copyOf(waiting)) {
      if (version >= one.version || one.list.stream().allMatch(this::has)) {
        waiting.remove(one);
        one.done.complete(true);
      }
    }
  }

  private boolean has(Meta listed) {
    Meta known = objects.get(listed.key());
    return known != null && number(known.resourceVersion()) >= number(listed.resourceVersion());
  }

  /** -1 if it is no number, which no API server has yet sent. */
  public static long number(String resourceVersion) {
    try {
      return Long.parseLong(resourceVersion);
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
