package gpu.kerf.extender.stream;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.usage.ReleasedPod;
import gpu.kerf.model.usage.UsagePart;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;

/** The containers of a pod have ended, and it holds no GPUs any more. */
public record PodReleased(ReleasedPod released) implements EventData {
  private static final int DECIMALS = 3;

  @Override
  public String type() {
    return PREFIX + "pod.released.v1";
  }

  @Override
  public String subject() {
    return PodSubject.of(released.pod());
  }

  @Override
  public String key() {
    return released.pod().toString();
  }

  @Override
  public List<String> namespaces() {
    return List.of(released.pod().namespace());
  }

  @Override
  public boolean isSeenBy(Viewer viewer) {
    return viewer.seesNamespace(released.pod().namespace());
  }

  @Override
  public void write(JsonGenerator out, Viewer viewer) throws IOException {
    PodSubject.write(out, released.pod(), released.team(), viewer);
    out.writeStringField("owner", released.owner());
    out.writeNumberField("since", released.sinceMillis());
    out.writeNumberField("end", released.endMillis());
    out.writeArrayFieldStart("held");
    for (UsagePart part : released.parts()) {
      out.writeStartObject();
      out.writeStringField("gpu", part.gpu());
      out.writeStringField("model", part.model());
      out.writeStringField("wall", part.wall());
      out.writeStringField("gpus", BigDecimal.valueOf(part.milli(), DECIMALS).toPlainString());
      out.writeNumberField("memoryMiB", part.mebibytes());
      out.writeEndObject();
    }
    out.writeEndArray();
  }
}
