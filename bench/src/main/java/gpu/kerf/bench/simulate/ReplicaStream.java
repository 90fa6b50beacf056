package gpu.kerf.bench.simulate;

import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A watch of one replica: the side of the API server, the network and the side of the client. */
final class ReplicaStream implements ApiStream {
  private static final byte[] END = new byte[0];

  /** The API server says something shortly before it ends a watch. */
  private static final long BOOKMARK_BEFORE = 2 * VirtualTime.SECOND;

  private final ReplicaConnection connection;
  private final VirtualTime timeline;
  private final ApiRequest request;
  private final @Nullable ObjectKind kind;
  private final Selection selection;
  private final Consumer<ApiStore.Change> listener = this::changed;
  private final Deque<byte[]> lines = new ArrayDeque<>();
  private Fibers.@Nullable Parked waiting;
  private boolean served;
  private boolean silent;
  private boolean broken;
  private boolean closed;
  private long lastDelivery;
  private long lastHeard;

  ReplicaStream(ReplicaConnection connection, ApiRequest request) {
    this.connection = connection;
    this.timeline = connection.timeline();
    this.request = request;
    this.kind = ApiFrontend.listed(request.path());
    this.selection = Selection.of(kind == null ? ObjectKind.NODE : kind, request.query());
  }

  @Override
  public @Nullable ApiReply open() throws IOException {
    Link link = connection.link();
    Fibers.Parked parked = connection.fibers().prepare();
    timeline.resumeAfter(
        connection.call().toNanos(),
        connection.process(),
        parked,
        new SocketTimeoutException("no answer in time"));
    if (link.cut) {
      timeline.resumeAfter(
          link.latency(), connection.process(), parked, new ConnectException("no route to host"));
    } else {
      timeline.after(link.latency(), null, () -> begin(parked));
    }
    Object what = park(parked);
    if (what instanceof IOException failure) {
      throw failure;
    }
    return what instanceof ApiReply refusal ? refusal : null;
  }

  private @Nullable Object park(Fibers.Parked parked) throws IOException {
    try {
      return connection.fibers().park(parked);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  /** The API server begins to answer. */
  private void begin(Fibers.Parked parked) {
    Link link = connection.link();
    if (closed || link.cut) {
      return;
    }
    ApiReply refusal = refusal();
    List<ApiStore.Change> missed = List.of();
    if (refusal == null) {
      long from = Long.parseLong(request.query().getOrDefault("resourceVersion", "0"));
      List<ApiStore.Change> since = connection.store().since(Objects.requireNonNull(kind), from);
      if (since == null && link.random().nextBoolean()) {
        refusal = ApiFrontend.status(410, "Expired", "too old resource version: " + from);
      } else if (since == null) {
        serve(parked);
        deliver(line("ERROR", ApiFrontend.status(410, "Expired", "too old").body()));
        deliver(END);
        return;
      } else {
        missed = List.copyOf(since);
      }
    }
    if (refusal != null) {
      timeline.resumeAfter(link.latency(), connection.process(), parked, refusal);
      return;
    }
    serve(parked);
    connection.store().listen(listener);
    missed.forEach(this::changed);
    long life =
        Long.parseLong(request.query().getOrDefault("timeoutSeconds", "1800")) * VirtualTime.SECOND;
    timeline.after(Math.max(0, life - BOOKMARK_BEFORE), null, this::bookmark);
    timeline.after(life, null, this::end);
  }

  private @Nullable ApiReply refusal() {
    if (kind == null) {
      return ApiFrontend.status(404, "NotFound", request.path());
    }
    return connection.link().draws(connection.link().errors)
        ? ApiFrontend.status(503, "ServiceUnavailable", "the server is starting")
        : null;
  }

  private void serve(Fibers.Parked parked) {
    served = true;
    lastHeard = timeline.now();
    connection.link().opened(this);
    long latency = connection.link().latency();
    lastDelivery = timeline.now() + latency;
    timeline.resumeAfter(latency, connection.process(), parked);
    timeline.after(connection.silence().toNanos(), connection.process(), this::looksWhetherSilent);
  }

  private void changed(ApiStore.Change change) {
    if (change.kind() != kind) {
      return;
    }
    Stored before = change.before();
    Stored after = change.after();
    boolean was = before != null && selection.has(before);
    boolean is = after != null && selection.has(after);
    if (is && after != null) {
      deliver(line(was ? "MODIFIED" : "ADDED", after.bytes()), change.revision());
    } else if (was) {
      deliver(line("DELETED", change.any().bytes()), change.revision());
    }
  }

  private static byte[] line(String type, byte[] object) {
    byte[] head = ("{\"type\":\"" + type + "\",\"object\":").getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream line = new ByteArrayOutputStream(head.length + object.length + 1);
    line.writeBytes(head);
    line.writeBytes(object);
    line.write('}');
    return line.toByteArray();
  }

  private void bookmark() {
    if (!closed && served) {
      deliver(
          ("{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Bookmark\",\"metadata\":"
                  + "{\"resourceVersion\":\""
                  + connection.store().revision()
                  + "\"}}}")
              .getBytes(StandardCharsets.UTF_8));
    }
  }

  private void end() {
    if (!closed) {
      connection.store().unlisten(listener);
      deliver(END);
    }
  }

  private void deliver(byte[] line) {
    deliver(line, 0);
  }

  /**
   * Sends a line; lines do not overtake each other.
   *
   * @param revision of what it tells; 0 if it tells of no object
   */
  private void deliver(byte[] line, long revision) {
    ObjectKind of = kind;
    if (silent || of == null) {
      return;
    }
    long when = timeline.now() + connection.link().streamLatency(of);
    lastDelivery = Math.max(lastDelivery, when);
    timeline.after(
        lastDelivery - timeline.now(), connection.process(), () -> arrived(line, revision));
  }

  private void arrived(byte[] line, long revision) {
    if (!closed && !silent && !broken) {
      if (kind == ObjectKind.CLAIM && revision > 0) {
        connection.heardClaims(revision);
      }
      lines.add(line);
      lastHeard = timeline.now();
      wake();
    }
  }

  private void wake() {
    Fibers.Parked parked = waiting;
    if (parked != null) {
      waiting = null;
      timeline.resumeAfter(0, connection.process(), parked);
    }
  }

  private void looksWhetherSilent() {
    long silence = connection.silence().toNanos();
    if (closed) {
      return;
    }
    long quiet = timeline.now() - lastHeard;
    if (quiet >= silence) {
      Fibers.Parked parked = waiting;
      if (parked != null) {
        waiting = null;
        timeline.resumeAfter(
            0, connection.process(), parked, new SocketTimeoutException("timeout"));
      }
      timeline.after(silence, connection.process(), this::looksWhetherSilent);
    } else {
      timeline.after(silence - quiet, connection.process(), this::looksWhetherSilent);
    }
  }

  @Override
  public byte @Nullable [] next() throws IOException {
    while (true) {
      byte[] line = lines.poll();
      if (line != null) {
        return line == END ? null : line;
      }
      if (broken || closed) {
        throw new IOException("the stream was broken off");
      }
      Fibers.Parked parked = connection.fibers().prepare();
      waiting = parked;
      Object what = park(parked);
      if (what instanceof IOException failure) {
        throw failure;
      }
    }
  }

  boolean shows(ObjectKind one) {
    return kind == one;
  }

  /** The connection is reset. */
  void breakOff() {
    broken = true;
    lines.clear();
    stopServing();
    wake();
  }

  /** The other side is gone, and no packet says so. */
  void fallSilent() {
    silent = true;
    connection.store().unlisten(listener);
  }

  @Override
  public void cancel() {
    breakOff();
  }

  @Override
  public void close() {
    closed = true;
    stopServing();
  }

  private void stopServing() {
    connection.store().unlisten(listener);
    connection.link().closed(this);
  }
}
