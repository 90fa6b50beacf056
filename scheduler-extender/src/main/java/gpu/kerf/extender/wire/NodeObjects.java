package gpu.kerf.extender.wire;

import java.util.HashMap;
import java.util.Map;

/** The JSON of the node objects of a request, by name, as parts of its body. */
final class NodeObjects {

  private record Part(int from, int length) {}

  private final byte[] body;
  private final Map<String, Part> parts = new HashMap<>();

  NodeObjects(byte[] body) {
    this.body = body;
  }

  void add(String name, int from, int to) {
    parts.put(name, new Part(from, to - from));
  }

  void write(String name, JsonBuffer out) {
    Part part = parts.get(name);
    if (part != null) {
      out.raw(body, part.from, part.length);
    }
  }
}
