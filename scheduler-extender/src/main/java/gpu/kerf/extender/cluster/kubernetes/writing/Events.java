package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.ShortText;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes events that users see with {@code kubectl describe}. Events have a lower priority than
 * other requests: few are written at a time, an equal event is not repeated within a while, events
 * wait while many pods are being bound, and the queue drops events when it is full.
 */
public final class Events {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The API server wants exactly six digits behind the second. */
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private static final int LONGEST_NOTE = 1_000;
  private static final int PER_SECOND = 100;
  private static final int BURST = 100;

  /** The API server binds pods meanwhile, and each binding costs it as much as an event. */
  private static final int PER_SECOND_IN_RUSH = 20;

  private static final int MOST_WAITING = 20_000;
  private static final int MOST_REMEMBERED = 10_000;
  private static final long SAME_AGAIN_MILLIS = 300_000;

  private final RequestPool requests;
  private final Metrics metrics;
  private final Clocks clocks;
  private final String instance;
  private final AtomicLong number = new AtomicLong();
  private final Map<String, Long> written =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > MOST_REMEMBERED;
        }
      };
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private final BurstDetector burstDetector = new BurstDetector();
  private double allowed = BURST;
  private long allowedAt;

  private record Waiting(About about, Note note, Instant when) {}

  /** The object that an event is about. */
  public record About(String kind, String namespace, String name, String uid) {}

  /** What happened. */
  public record Note(boolean warning, String reason, String action, String text) {}

  public Events(RequestPool requests, Metrics metrics, Clocks clocks, String instance) {
    this.requests = requests;
    this.metrics = metrics;
    this.clocks = clocks;
    this.instance = instance;
    this.allowedAt = clocks.elapsedMillis();
  }

  public synchronized void write(About about, Note note) {
    long now = clocks.elapsedMillis();
    String same = about.uid + " " + note.reason + " " + note.text;
    Long before = written.get(same);
    if (before != null && now - before < SAME_AGAIN_MILLIS) {
      return;
    }
    if (waiting.size() >= MOST_WAITING) {
      metrics.count(Metric.EVENTS, "dropped");
      return;
    }
    written.put(same, now);
    waiting.add(new Waiting(about, note, clocks.wall().instant()));
    tick();
  }

  /** A pod is being bound. */
  public void binding() {
    burstDetector.one(clocks.elapsedMillis());
  }

  /** Writes those whose turn it is; to be called now and then. */
  public synchronized void tick() {
    long now = clocks.elapsedMillis();
    int rate = burstDetector.isOn(now) ? PER_SECOND_IN_RUSH : PER_SECOND;
    allowed = Math.min(BURST, allowed + Math.max(0, now - allowedAt) / 1e3 * rate);
    allowedAt = now;
    while (allowed >= 1 && !waiting.isEmpty()) {
      allowed--;
      Waiting next = waiting.remove();
      CompletionStage<ApiReply> sent = requests.start(server -> send(server, next));
      sent.whenComplete(
          (reply, failure) ->
              metrics.count(Metric.EVENTS, reply != null && reply.ok() ? "written" : "failed"));
    }
  }

  private ApiReply send(ApiServer server, Waiting one) throws IOException {
    About about = one.about;
    Note note = one.note;
    String namespace = about.namespace.isEmpty() ? "default" : about.namespace;
    Instant now = one.when;
    ObjectNode event = JSON.createObjectNode().put("apiVersion", "events.k8s.io/v1");
    event.put("kind", "Event");
    event
        .putObject("metadata")
        .put("namespace", namespace)
        .put("name", about.name + "." + Long.toHexString(now.toEpochMilli() << 12 | next()));
    event.put("eventTime", TIME.format(now));
    event.put("reportingController", "kerf.gpu/kerf").put("reportingInstance", instance);
    event.put("type", note.warning ? "Warning" : "Normal");
    event
        .put("reason", note.reason)
        .put("action", note.action)
        .put("note", ShortText.of(note.text, LONGEST_NOTE));
    ObjectNode regarding = event.putObject("regarding").put("apiVersion", apiVersion(about));
    regarding.put("kind", about.kind).put("name", about.name).put("uid", about.uid);
    if (!about.namespace.isEmpty()) {
      regarding.put("namespace", about.namespace);
    }
    String path = "/apis/events.k8s.io/v1/namespaces/" + ApiRequest.segment(namespace) + "/events";
    return server.send(ApiRequest.post(path, event.toString()));
  }

  private static String apiVersion(About about) {
    return switch (about.kind) {
      case "Team" -> "kerf.gpu/v1alpha1";
      case "ResourceClaim" -> "resource.k8s.io/v1";
      default -> "v1";
    };
  }

  private long next() {
    return number.incrementAndGet() & 0xfff;
  }
}
