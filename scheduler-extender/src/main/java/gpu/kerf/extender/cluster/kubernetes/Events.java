package gpu.kerf.extender.cluster.kubernetes;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.telemetry.Meter;
import gpu.kerf.extender.telemetry.Meters;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes events that users see with {@code kubectl describe}. They are worth little beside what
 * must be done: few at a time, not the same again within a while, and dropped where they are too
 * many.
 */
final class Events {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The API server wants exactly six digits behind the second. */
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private static final int LONGEST_NOTE = 1_000;
  private static final int PER_SECOND = 100;
  private static final int BURST = 500;
  private static final int MOST_WAITING = 1_000;
  private static final int MOST_REMEMBERED = 10_000;
  private static final long SAME_AGAIN_MILLIS = 300_000;

  private final Calls calls;
  private final Meters meters;
  private final InstantSource clock;
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
  private double allowed = BURST;
  private long allowedAt;

  /** The object that an event is about. */
  record About(String kind, String namespace, String name, String uid) {}

  /** What happened. */
  record Note(boolean warning, String reason, String action, String text) {}

  Events(Calls calls, Meters meters, InstantSource clock, String instance) {
    this.calls = calls;
    this.meters = meters;
    this.clock = clock;
    this.instance = instance;
    this.allowedAt = clock.millis();
  }

  synchronized void write(About about, Note note) {
    long now = clock.millis();
    String same = about.uid + " " + note.reason + " " + note.text;
    Long before = written.get(same);
    if (before != null && now - before < SAME_AGAIN_MILLIS) {
      return;
    }
    allowed = Math.min(BURST, allowed + Math.max(0, now - allowedAt) / 1e3 * PER_SECOND);
    allowedAt = now;
    if (allowed < 1 || calls.waiting() > MOST_WAITING) {
      meters.count(Meter.EVENTS, "dropped");
      return;
    }
    allowed--;
    written.put(same, now);
    CompletionStage<ApiReply> sent = calls.start(server -> send(server, about, note));
    sent.whenComplete(
        (reply, failure) ->
            meters.count(Meter.EVENTS, reply != null && reply.ok() ? "written" : "failed"));
  }

  private ApiReply send(ApiServer server, About about, Note note) throws IOException {
    String namespace = about.namespace.isEmpty() ? "default" : about.namespace;
    Instant now = clock.instant();
    ObjectNode event = JSON.createObjectNode().put("apiVersion", "events.k8s.io/v1");
    event.put("kind", "Event");
    event
        .putObject("metadata")
        .put("namespace", namespace)
        .put("name", about.name + "." + Long.toHexString(now.toEpochMilli() << 12 | next()));
    event.put("eventTime", TIME.format(now));
    event.put("reportingController", "kerf.gpu/kerf").put("reportingInstance", instance);
    event.put("type", note.warning ? "Warning" : "Normal");
    event.put("reason", note.reason).put("action", note.action).put("note", cut(note.text));
    ObjectNode regarding = event.putObject("regarding").put("apiVersion", "v1");
    regarding.put("kind", about.kind).put("name", about.name).put("uid", about.uid);
    if (!about.namespace.isEmpty()) {
      regarding.put("namespace", about.namespace);
    }
    String path = "/apis/events.k8s.io/v1/namespaces/" + ApiRequest.segment(namespace) + "/events";
    return server.send(ApiRequest.post(path, event.toString()));
  }

  private long next() {
    return number.incrementAndGet() & 0xfff;
  }

  private static String cut(String text) {
    return text.length() <= LONGEST_NOTE ? text : text.substring(0, LONGEST_NOTE) + "…";
  }
}
