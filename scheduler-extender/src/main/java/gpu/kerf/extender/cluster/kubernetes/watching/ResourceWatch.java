package gpu.kerf.extender.cluster.kubernetes.watching;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiStream;
import gpu.kerf.extender.cluster.kubernetes.calling.GuardedTask;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.calling.ListPage;
import gpu.kerf.extender.cluster.kubernetes.calling.Resource;
import gpu.kerf.extender.cluster.kubernetes.calling.Threads;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.wire.WireException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows all objects of one kind.
 *
 * <p>It starts with a list, in pages. Then it watches from the last version that it has seen. The
 * API server ends every watch after a while and sends a {@code BOOKMARK} shortly before. So a watch
 * that receives nothing for longer is dead: it is cut, and the next one continues from the same
 * version. Only if the API server has forgotten that version (410) are all objects listed again;
 * changes are then found by comparing.
 */
public final class ResourceWatch<T> implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(ResourceWatch.class);

  private static final JsonFactory JSON = new JsonFactory();
  private static final int PAGE = 500;
  private static final Duration LIST_LIMIT = Duration.ofSeconds(30);
  private static final long FIRST_PAUSE_MILLIS = 200;
  private static final Duration REPLAY = Duration.ofSeconds(1);
  private static final long LONGEST_PAUSE_MILLIS = 10_000;
  private static final long ABSENT_PAUSE_MILLIS = 60_000;
  private static final Meta NOTHING = new Meta("", "", "", "");
  private static final int NOT_FOUND = 404;
  private static final int GONE = 410;

  /** A watch that ends at once all the time must not keep the API server busy. */
  private static final long SHORTEST_NANOS = 1_000_000_000;

  private final Resource resource;
  private final ApiServer server;
  private final Threads threads;
  private final Sink<T> sink;
  private final EventQueue eventQueue;
  private final WatchNews news;
  private final Duration renewal;
  private final LongSupplier nanos;
  private final @Nullable DeletionHistory history;
  private final Map<String, Meta> seen = new HashMap<>();
  private final WatchProgress progress = new WatchProgress();
  private final Queue<Lost> lost = new ConcurrentLinkedQueue<>();
  private volatile String path;
  private volatile boolean absent;
  private String version = "";
  private long told = -1;
  private final CompletableFuture<Void> first = new CompletableFuture<>();
  private volatile @Nullable ApiStream current;
  private volatile boolean stopped;
  private final AtomicInteger wanted = new AtomicInteger(1);
  private volatile int listed;
  private volatile long heard;

  /**
   * An event that the listener did not take in.
   *
   * @param end whether it was the end of the object
   * @param after the event is newer than this version
   */
  private record Lost(Meta object, boolean end, long after) {}

  /** What all watches of a cluster share. */
  public record Shared(
      ApiServer server,
      Threads threads,
      Executor loop,
      WatchNews news,
      Duration renewal,
      LongSupplier nanos) {}

  public ResourceWatch(Resource resource, Sink<T> sink, Shared shared) {
    this(resource, sink, shared, null);
  }

  /**
   * @param history where deletions that were not heard must be heard again
   */
  public ResourceWatch(
      Resource resource, Sink<T> sink, Shared shared, @Nullable DeletionHistory history) {
    this.history = history;
    this.resource = resource;
    this.path = resource.path();
    this.server = shared.server;
    this.sink = sink;
    this.threads = shared.threads;
    this.eventQueue = new EventQueue(shared.loop, shared.threads);
    this.news = shared.news;
    this.renewal = shared.renewal;
    this.nanos = shared.nanos;
    this.heard = nanos.getAsLong();
  }

  /** The API server has lost the version at which the watch stood. */
  private static final class ForgottenException extends IOException {
    private static final long serialVersionUID = 1L;

    ForgottenException(String message) {
      super(message);
    }
  }

  /** Nothing came for longer than the API server ever says nothing. */
  private static final class SilentException extends IOException {
    private static final long serialVersionUID = 1L;

    SilentException(Duration silence, Throwable cause) {
      super("nothing was heard for " + silence.toSeconds() + " s", cause);
    }
  }

  /** The listener did not take in what it was told. */
  private static final class LostException extends IOException {
    private static final long serialVersionUID = 1L;

    LostException() {
      super("the listener failed; the log says more");
    }
  }

  /** There is no such kind of object, or Kerf may not see it. */
  private static final class AbsentException extends IOException {
    private static final long serialVersionUID = 1L;

    AbsentException(String message) {
      super(message);
    }
  }

  @Override
  public void run() {
    long pause = FIRST_PAUSE_MILLIS;
    while (!stopped) {
      try {
        long began = nanos.getAsLong();
        follow();
        pause = FIRST_PAUSE_MILLIS;
        if (nanos.getAsLong() - began < SHORTEST_NANOS && !sleep(pause)) {
          return;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (IOException e) {
        IOException failure = lost.isEmpty() ? e : new LostException();
        if (failure instanceof ForgottenException && !version.isEmpty()) {
          // The API server works, and only a list brings what was missed.
          pause = FIRST_PAUSE_MILLIS;
        }
        if (!stopped && !sleep(failed(failure, pause))) {
          return;
        }
        pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
      } catch (RuntimeException | StackOverflowError e) {
        broke(e);
        if (!sleep(LONGEST_PAUSE_MILLIS)) {
          return;
        }
      }
    }
  }

  /** A fault of this program: what is known is not relied on until everything is listed again. */
  private void broke(Throwable failure) {
    LOG.atError()
        .addKeyValue(LogKeys.RESOURCE, resource.word())
        .setCause(failure)
        .log("A watch failed; everything is listed again.");
    forget();
    news.ended(resource, WatchNews.Cause.FAILED);
  }

  /** Where the watch stood is of no use: until it is listed again, this kind is not known. */
  private void forget() {
    version = "";
    wanted.incrementAndGet();
  }

  private void follow() throws IOException, InterruptedException {
    if (version.isEmpty() || !listed()) {
      list();
    }
    watch();
  }

  /** Says what went wrong; how long to pause. */
  private long failed(IOException failure, long pause) {
    if (failure instanceof AbsentException && resource.optional()) {
      if (listed == 0) {
        LOG.atInfo()
            .addKeyValue(LogKeys.RESOURCE, resource.word())
            .addKeyValue(LogKeys.PROBLEM, failure.getMessage())
            .log("This cluster is served without a kind of object that it does not show.");
      }
      absent = true;
      heardNow();
      listed(wanted.get());
      return ABSENT_PAUSE_MILLIS;
    }
    WatchNews.Cause cause = cause(failure);
    if (cause == WatchNews.Cause.FORGOTTEN || cause == WatchNews.Cause.GARBLED) {
      forget();
    }
    news.ended(resource, cause);
    LOG.atWarn()
        .addKeyValue(LogKeys.RESOURCE, resource.word())
        .addKeyValue(LogKeys.CAUSE, cause.name().toLowerCase(Locale.ROOT))
        .addKeyValue(LogKeys.PROBLEM, String.valueOf(failure.getMessage()))
        .log(
            version.isEmpty() || !listed()
                ? "A watch ended; everything is listed again."
                : "A watch ended; the next one goes on where it stood.");
    return pause;
  }

  private static WatchNews.Cause cause(IOException failure) {
    if (failure instanceof ForgottenException) {
      return WatchNews.Cause.FORGOTTEN;
    }
    if (failure instanceof SilentException) {
      return WatchNews.Cause.SILENT;
    }
    if (failure instanceof LostException) {
      return WatchNews.Cause.LOST;
    }
    return failure instanceof JsonProcessingException
        ? WatchNews.Cause.GARBLED
        : WatchNews.Cause.BROKEN;
  }

  private boolean sleep(long millis) {
    try {
      threads.sleep(Duration.ofMillis(millis));
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void list() throws IOException, InterruptedException {
    long began = nanos.getAsLong();
    int answers = wanted.get();
    forgetLost();
    if (history != null) {
      told = history.from(told);
    }
    Set<String> present = new HashSet<>();
    Map<String, String> query = new LinkedHashMap<>(resource.selector());
    if (seen.isEmpty()) {
      query.putAll(resource.firstList());
    }
    String next = "";
    ListPage page;
    do {
      page = page(query, next);
      for (JsonSlice slice : page.items()) {
        Meta meta = Meta.read(slice, JSON);
        present.add(meta.key());
        changed(meta, slice);
      }
      next = page.next();
      heardNow();
    } while (!next.isEmpty());
    String reached = page.resourceVersion();
    if (history != null && told >= 0) {
      hearAgain(history, WatchProgress.number(reached));
    }
    for (Meta old : Set.copyOf(seen.values())) {
      if (!present.contains(old.key())) {
        deleted(old);
      }
    }
    told = WatchProgress.number(reached);
    hand(NOTHING, false, () -> progress.listedAt(reached));
    eventQueue.drain();
    version = reached;
    absent = false;
    if (!lost.isEmpty()) {
      throw new LostException();
    }
    listed(answers);
    news.listed(resource, seen.size(), (nanos.getAsLong() - began) / 1_000_000);
  }

  /** What the listener did not take in is told again by the list that follows. */
  private void forgetLost() {
    List<Lost> all = new ArrayList<>();
    for (Lost one = lost.poll(); one != null; one = lost.poll()) {
      all.add(one);
      told = Math.min(told, one.after);
    }
    all.stream().filter(one -> !one.end).forEach(one -> seen.remove(one.object.key()));
    // As if it were still there: the list does not have it, or under another uid.
    all.stream().filter(Lost::end).forEach(one -> seen.put(one.object.key(), one.object));
  }

  /** Hears what was deleted before a list and has not been told. */
  private void hearAgain(DeletionHistory deletions, long to)
      throws IOException, InterruptedException {
    if (told == to) {
      return;
    }
    if (told > to) {
      // The API server was restored from a backup.
      deletions.forgotten(to);
      return;
    }
    Map<String, String> query = new LinkedHashMap<>(resource.selector());
    query.put("watch", "true");
    query.put("resourceVersion", "" + told);
    query.put("timeoutSeconds", "" + REPLAY.toSeconds());
    try (ApiStream stream = server.stream(ApiRequest.get(path, query))) {
      current = stream;
      ApiReply refusal = stream.open();
      if (refusal != null) {
        throw refused(refusal.status(), refusal.problem());
      }
      long version = told;
      while (version < to) {
        byte[] line = next(stream);
        heardNow();
        version = line == null ? to : missed(WatchEvent.read(line, JSON));
      }
    } catch (ForgottenException | JsonProcessingException e) {
      deletions.forgotten(to);
    } finally {
      current = null;
    }
  }

  /** Takes in a deletion, if it is one; the version of the event. */
  private long missed(WatchEvent event) throws IOException, InterruptedException {
    if (event.type().equals("ERROR")) {
      throw error(event.object());
    }
    Meta meta = Meta.read(event.object(), JSON);
    if (event.type().equals("DELETED")) {
      try {
        T object = sink.read(meta, event.object());
        hand(meta, false, () -> sink.missed(meta, object));
      } catch (WireException e) {
        news.unreadable(resource);
      }
    }
    return WatchProgress.number(meta.resourceVersion());
  }

  private ListPage page(Map<String, String> selection, String next) throws IOException {
    Map<String, String> query = new LinkedHashMap<>(selection);
    query.put("limit", "" + PAGE);
    if (!next.isEmpty()) {
      query.put("continue", next);
    }
    ApiReply reply = server.send(ApiRequest.get(path, query), LIST_LIMIT);
    if (reply.status() == NOT_FOUND && !resource.olderVersions().isEmpty()) {
      path = served();
      reply = server.send(ApiRequest.get(path, query), LIST_LIMIT);
    }
    if (!reply.ok()) {
      throw refused(reply.status(), reply.problem());
    }
    return ListPage.read(reply.body(), JSON);
  }

  /** Where the newest version is that both sides know; an older API server has only older ones. */
  private String served() throws IOException {
    ApiReply group = server.send(ApiRequest.get(resource.group(), Map.of()));
    Set<String> versions = new HashSet<>();
    group.details().path("versions").forEach(each -> versions.add(each.path("version").asText("")));
    return resource.olderVersions().stream()
        .filter(versions::contains)
        .findFirst()
        .map(resource::pathIn)
        .orElse(resource.path());
  }

  private static IOException refused(int status, String problem) {
    String text = status + ": " + problem;
    return switch (status) {
      case GONE -> new ForgottenException(text);
      case 403, 404 -> new AbsentException(text);
      default -> new IOException(text);
    };
  }

  private void watch() throws IOException, InterruptedException {
    Map<String, String> query = new LinkedHashMap<>(resource.selector());
    query.put("watch", "true");
    query.put("allowWatchBookmarks", "true");
    query.put("resourceVersion", version);
    query.put("timeoutSeconds", "" + renewal.toSeconds());
    try (ApiStream stream = server.stream(ApiRequest.get(path, query))) {
      current = stream;
      if (!listed()) {
        return;
      }
      ApiReply refusal = stream.open();
      if (refusal != null) {
        throw tooNew(refusal.problem())
            ? new ForgottenException(refusal.problem())
            : refused(refusal.status(), refusal.problem());
      }
      heardNow();
      for (byte[] line = next(stream); line != null && !stopped; line = next(stream)) {
        heardNow();
        event(WatchEvent.read(line, JSON));
      }
    } finally {
      current = null;
    }
  }

  private byte @Nullable [] next(ApiStream stream) throws IOException {
    try {
      return stream.next();
    } catch (InterruptedIOException e) {
      throw new SilentException(server.silence(), e);
    }
  }

  /** An API server that was restored from a backup has versions older than ours. */
  private static boolean tooNew(String problem) {
    return problem.contains("Too large resource version");
  }

  private void event(WatchEvent event) throws IOException, InterruptedException {
    if (event.type().equals("ERROR")) {
      throw error(event.object());
    }
    Meta meta = Meta.read(event.object(), JSON);
    switch (event.type()) {
      case "ADDED", "MODIFIED" -> {
        news.event(resource);
        changed(meta, event.object());
      }
      case "DELETED" -> {
        news.event(resource);
        deleted(meta);
      }
      default -> {
        // BOOKMARK, and event types of later Kubernetes versions: a version, and no change.
        told = WatchProgress.number(meta.resourceVersion());
        hand(NOTHING, false, () -> progress.reached(meta.resourceVersion()));
      }
    }
    if (!meta.resourceVersion().isEmpty()) {
      version = meta.resourceVersion();
      told = WatchProgress.number(version);
    }
  }

  private static IOException error(JsonSlice status) {
    byte[] body =
        Arrays.copyOfRange(status.bytes(), status.offset(), status.offset() + status.length());
    ApiReply reply = new ApiReply(500, body);
    int code = reply.details().path("code").asInt(500);
    return tooNew(reply.problem())
        ? new ForgottenException(reply.problem())
        : refused(code, reply.problem());
  }

  private void changed(Meta meta, JsonSlice slice) throws InterruptedException {
    Meta before = seen.get(meta.key());
    if (before != null && before.equals(meta)) {
      return;
    }
    Runnable event = event(meta, slice);
    seen.put(meta.key(), meta);
    if (before != null && !before.uid().equals(meta.uid())) {
      hand(before, true, () -> sink.deleted(before));
    }
    hand(
        meta,
        false,
        () -> {
          event.run();
          progress.put(meta);
        });
  }

  private Runnable event(Meta meta, JsonSlice slice) {
    try {
      T object = sink.read(meta, slice);
      return () -> sink.put(meta, object);
    } catch (WireException e) {
      news.unreadable(resource);
      return () -> sink.unreadable(meta, String.valueOf(e.getMessage()));
    }
  }

  private void deleted(Meta meta) throws InterruptedException {
    Meta before = seen.remove(meta.key());
    Meta ended = before == null ? meta : before;
    hand(
        ended,
        true,
        () -> {
          sink.deleted(ended);
          progress.deleted(ended);
          progress.reached(meta.resourceVersion());
        });
  }

  private void hand(Meta object, boolean end, Runnable event) throws InterruptedException {
    long after = told;
    eventQueue.hand(
        () -> {
          progress.complete(after);
          event.run();
        },
        failure -> lost(object, end, after, failure));
  }

  /** Until it is listed again, and told again, this kind is not known. */
  private void lost(Meta object, boolean end, long after, Throwable failure) {
    LOG.atError()
        .addKeyValue(LogKeys.RESOURCE, resource.word())
        .addKeyValue(LogKeys.PROBLEM, object.key() + ": " + failure)
        .setCause(failure)
        .log("An event of the cluster could not be taken in; its kind is listed again.");
    if (GuardedTask.isFatal(failure)) {
      threads.end("An event of the cluster could not be taken in.", failure);
    }
    lost.add(new Lost(object, end, after));
    listAgain();
  }

  private void heardNow() {
    heard = nanos.getAsLong();
  }

  /** Whether everything that was there at the start, or when it was told to, has been taken in. */
  public boolean listed() {
    return listed == wanted.get();
  }

  private void listed(int answers) {
    listed = answers;
    first.complete(null);
  }

  /** Completes when everything that was there at the start has been taken in. */
  public CompletionStage<Void> firstListed() {
    return first;
  }

  /** What is known may be old: everything is listed anew. */
  public void listAgain() {
    wanted.incrementAndGet();
    ApiStream stream = current;
    if (stream != null) {
      stream.cancel();
    }
  }

  /** What has been taken in; for the thread that owns the ledger. */
  public WatchProgress progress() {
    return progress;
  }

  /** How long nothing has been heard of it. */
  public Duration age() {
    return Duration.ofNanos(Math.max(0, nanos.getAsLong() - heard));
  }

  /** Whether the cluster has no such kind, or does not show it. */
  public boolean isAbsent() {
    return absent;
  }

  /** Where the API server has it. */
  public String path() {
    return path;
  }

  public Resource resource() {
    return resource;
  }

  public boolean isStopped() {
    return stopped;
  }

  /** From now on nothing more is told; the thread ends. */
  public void stop() {
    stopped = true;
    ApiStream stream = current;
    if (stream != null) {
      stream.cancel();
    }
  }
}
