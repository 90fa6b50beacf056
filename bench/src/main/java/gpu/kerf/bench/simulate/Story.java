package gpu.kerf.bench.simulate;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32;

/** The log of a simulation: its last lines, and a checksum of all lines. */
final class Story {
  private static final int KEPT = 400;

  private final VirtualTime timeline;
  private final Deque<String> lines = new ArrayDeque<>();
  private final CRC32 checksum = new CRC32();

  Story(VirtualTime timeline) {
    this.timeline = timeline;
  }

  void tell(String what) {
    String line = String.format(Locale.ROOT, "%11.4f  %s", timeline.now() / 1e9, what);
    checksum.update(line.getBytes(StandardCharsets.UTF_8));
    lines.add(line);
    if (lines.size() > KEPT) {
      lines.remove();
    }
  }

  List<String> lines() {
    return List.copyOf(lines);
  }

  /** The same for the same story. */
  long checksum() {
    return checksum.getValue();
  }
}
