package gpu.kerf.extender.api;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.cluster.MissingPart;
import gpu.kerf.extender.settings.LiveSettings;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** The state of the service itself, as JSON. */
final class StatusJson {
  private static final int MOST_PROBLEMS = 20;

  private StatusJson() {}

  static byte[] render(
      View.About about,
      LiveSettings settings,
      Collection<String> problems,
      List<MissingPart> missing) {
    return Json.versioned(
        out -> {
          out.writeStringField("version", about.version());
          out.writeStringField("mode", about.mode());
          out.writeBooleanField("ready", about.ready().getAsBoolean());
          out.writeBooleanField("synced", about.cluster().synced());
          out.writeNumberField("staleMs", about.cluster().staleness().toMillis());
          out.writeNumberField("deletionsWaitMs", about.cluster().waiting().toMillis());
          out.writeStringField(
              "answer", settings.current().scheduling().answer().name().toLowerCase(Locale.ROOT));
          settings(out, settings.status());
          out.writeNumberField("uptimeMs", about.uptimeMillis().getAsLong());
          problems(out, problems);
          installation(out, missing);
        });
  }

  private static void settings(JsonGenerator out, LiveSettings.Status status) throws IOException {
    out.writeObjectFieldStart("settings");
    out.writeNumberField("loadedAt", status.loadedAt());
    if (!status.problem().isEmpty()) {
      out.writeStringField("problem", status.problem());
    }
    out.writeArrayFieldStart("waiting");
    for (String path : status.waiting()) {
      out.writeString(path);
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void installation(JsonGenerator out, List<MissingPart> missing)
      throws IOException {
    out.writeArrayFieldStart("installation");
    for (MissingPart part : missing) {
      out.writeStartObject();
      out.writeStringField("what", part.what());
      out.writeStringField("hint", part.hint());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void problems(JsonGenerator out, Collection<String> problems) throws IOException {
    out.writeArrayFieldStart("problems");
    int left = MOST_PROBLEMS;
    for (String problem : problems) {
      if (left-- > 0) {
        out.writeString(problem);
      }
    }
    out.writeEndArray();
  }
}
