package gpu.kerf.extender.api;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.access.Viewer;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** How full the fleet was in the last hour, with one point per second. */
public final class FillHistory {
  private static final int MOST = 3600;

  private final Deque<Point> points = new ArrayDeque<>();

  /** The fleet at one moment. */
  public record Point(
      long time, long capacityMiB, long heldMiB, long strandedMiB, int pending, int bound) {

    public byte[] render(Viewer viewer) {
      return Json.object(out -> fields(out, viewer));
    }

    /** How many pods there are is for those who see them all. */
    private void fields(JsonGenerator out, Viewer viewer) throws IOException {
      out.writeNumberField("time", time);
      out.writeNumberField("capacityMiB", capacityMiB);
      out.writeNumberField("heldMiB", heldMiB);
      out.writeNumberField("strandedMiB", strandedMiB);
      if (viewer.allNamespaces()) {
        out.writeNumberField("pending", pending);
        out.writeNumberField("bound", bound);
      } else {
        out.writeNullField("pending");
        out.writeNullField("bound");
      }
    }
  }

  void add(Point point) {
    if (points.size() == MOST) {
      points.removeFirst();
    }
    points.addLast(point);
  }

  byte[] render(Viewer viewer) {
    return Json.versioned(
        out -> {
          out.writeArrayFieldStart("points");
          for (Point point : points) {
            out.writeStartObject();
            point.fields(out, viewer);
            out.writeEndObject();
          }
          out.writeEndArray();
        });
  }
}
