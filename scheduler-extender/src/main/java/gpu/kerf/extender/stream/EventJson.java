package gpu.kerf.extender.stream;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.access.Viewer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes events as CloudEvents 1.0 in JSON; any thread may use it. */
public final class EventJson {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final String SPEC = "1.0";

  private final String source;
  private final String run;

  /** What writes a document. */
  @FunctionalInterface
  interface Document {
    void write(JsonGenerator out) throws IOException;
  }

  /**
   * @param source which Kerf of which cluster tells; with the id it is unique
   */
  public EventJson(String source, String run) {
    this.source = source;
    this.run = run;
  }

  /** One event. */
  public byte[] one(StreamEvent event, Viewer viewer) {
    return bytes(out -> event(out, event, viewer));
  }

  /** One gap. */
  public byte[] one(Gap gap, long timeMillis) {
    return bytes(out -> gap(out, gap, timeMillis));
  }

  /** A page of events as a batch; a gap stands first. */
  public byte[] batch(EventLog.Page page, Viewer viewer, long timeMillis) {
    return bytes(
        out -> {
          out.writeStartArray();
          if (page.gap() != null) {
            gap(out, page.gap(), timeMillis);
          }
          for (StreamEvent event : page.events()) {
            event(out, event, viewer);
          }
          out.writeEndArray();
        });
  }

  /** Records for Strimzi's HTTP bridge: a key each, so that the events of a pod stay in order. */
  byte[] records(@Nullable Gap gap, long timeMillis, List<StreamEvent> events) {
    return bytes(
        out -> {
          out.writeStartObject();
          out.writeArrayFieldStart("records");
          if (gap != null) {
            record(out, gap.key(), () -> gap(out, gap, timeMillis));
          }
          for (StreamEvent event : events) {
            record(out, event.data().key(), () -> event(out, event, Viewer.ALL));
          }
          out.writeEndArray();
          out.writeEndObject();
        });
  }

  /** What writes a part. */
  private interface Part {
    void write() throws IOException;
  }

  private static void record(JsonGenerator out, String key, Part value) throws IOException {
    out.writeStartObject();
    out.writeStringField("key", key);
    out.writeFieldName("value");
    value.write();
    out.writeEndObject();
  }

  private void gap(JsonGenerator out, Gap gap, long timeMillis) throws IOException {
    // Two readers may be told of the same gap, and one of them twice: it is the same event then.
    String id = run + "-gap-" + gap.after() + "-" + gap.resumes();
    cloudEvent(out, id, timeMillis, gap, gap.subject(), Viewer.ALL);
  }

  private void event(JsonGenerator out, StreamEvent event, Viewer viewer) throws IOException {
    EventData data = event.data();
    String id = new Position(run, event.number()).toString();
    cloudEvent(out, id, event.time(), data, subject(data, viewer), viewer);
  }

  private static String subject(EventData data, Viewer viewer) {
    String subject = data.subject();
    String teams = "teams/";
    boolean hidden =
        subject.startsWith(teams) && !viewer.seesTeam(subject.substring(teams.length()));
    return hidden ? "teams" : subject;
  }

  private void cloudEvent(
      JsonGenerator out, String id, long timeMillis, EventData data, String subject, Viewer viewer)
      throws IOException {
    out.writeStartObject();
    out.writeStringField("specversion", SPEC);
    out.writeStringField("id", id);
    out.writeStringField("source", source);
    out.writeStringField("type", data.type());
    out.writeStringField("subject", subject);
    out.writeStringField("time", Instant.ofEpochMilli(timeMillis).toString());
    out.writeStringField("datacontenttype", "application/json");
    out.writeObjectFieldStart("data");
    data.write(out, viewer);
    out.writeEndObject();
    out.writeEndObject();
  }

  private static byte[] bytes(Document document) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator out = FACTORY.createGenerator(bytes)) {
      document.write(out);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return bytes.toByteArray();
  }
}
