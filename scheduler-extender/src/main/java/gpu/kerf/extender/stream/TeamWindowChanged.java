package gpu.kerf.extender.stream;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.access.Viewer;
import java.io.IOException;

/**
 * A window of a team has opened or closed.
 *
 * @param window the one that is open now; empty if none is
 * @param before the one that was; empty if none was
 */
public record TeamWindowChanged(String team, String window, String before) implements TeamEvent {

  @Override
  public String type() {
    return PREFIX + "team.window.v1";
  }

  @Override
  public void write(JsonGenerator out, Viewer viewer) throws IOException {
    out.writeStringField("team", team);
    out.writeStringField("window", window);
    out.writeStringField("before", before);
  }
}
