package gpu.kerf.extender.api;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** How full the fleet was in the last hour, with one point per second. */
final class FillHistory {
  private static final int MOST = 3600;

  private final Deque<Point> points = new ArrayDeque<>();

  /** The fleet at one moment. */
  record Point(
      long time, long capacityMiB, long heldMiB, long strandedMiB, int pending, int bound) {

    byte[] render() {
      return Json.object(this::fields);
    }

    private void fields(JsonGenerator out) throws IOException {
      out.writeNumberField("time", time);
      out.writeNumberField("capacityMiB", capacityMiB);
      out.writeNumberField("heldMiB", heldMiB);
      out.writeNumberField("strandedMiB", strandedMiB);
      out.writeNumberField("pending", pending);
      out.writeNumberField("bound", bound);
    }
  }

  void add(Point point) {
    if (points.size() == MOST) {
      points.removeFirst();
    }
    points.addLast(point);
  }

  byte[] render() {
    return Json.versioned(
        out -> {
          out.writeArrayFieldStart("points");
          for (Point point : points) {
            out.writeStartObject();
            point.fields(out);
            out.writeEndObject();
          }
          out.writeEndArray();
        });
  }
}
