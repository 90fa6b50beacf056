package gpu.kerf.bench.load;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The nodes of a request: names or, for extenders that keep no cache, full node objects. */
final class NodeSet {

  /** How a request names its nodes. */
  enum Form {
    NAMES,
    FULL
  }

  private static final byte[] COMMA = ByteBuilder.of(",");
  private static final byte[] NAMES_BEGIN = ByteBuilder.of(",\"Nodes\":null,\"NodeNames\":[");
  private static final byte[] NAMES_END = ByteBuilder.of("]}");
  private static final byte[] FULL_BEGIN =
      ByteBuilder.of(",\"Nodes\":{\"metadata\":{},\"items\":[");
  private static final byte[] FULL_END = ByteBuilder.of("]},\"NodeNames\":null}");

  private final Form form;
  private final Map<String, byte[]> nodes = new LinkedHashMap<>();
  private final byte[] all;

  NodeSet(List<String> names, Form form) {
    this.form = form;
    for (String name : names) {
      nodes.put(
          name,
          form == Form.NAMES ? ByteBuilder.of("\"" + name + "\"") : ByteBuilder.of(object(name)));
    }
    ByteBuilder bytes = new ByteBuilder();
    write(bytes, names);
    this.all = Arrays.copyOf(bytes.array(), bytes.length());
  }

  int size() {
    return nodes.size();
  }

  /** The end of a request that names all nodes. */
  byte[] all() {
    return all;
  }

  /** Adds the end of a request that names some. */
  void write(ByteBuilder to, List<String> some) {
    to.add(form == Form.NAMES ? NAMES_BEGIN : FULL_BEGIN);
    for (int i = 0; i < some.size(); i++) {
      if (i > 0) {
        to.add(COMMA);
      }
      to.add(Objects.requireNonNull(nodes.get(some.get(i)), "an unknown node was chosen"));
    }
    to.add(form == Form.NAMES ? NAMES_END : FULL_END);
  }

  boolean has(String name) {
    return nodes.containsKey(name);
  }

  /** A node object of some 2 KB. */
  private static String object(String name) {
    StringBuilder labels = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      labels.append(",\"feature.node.kubernetes.io/label-%02d\":\"true\"".formatted(i));
    }
    String amounts =
        "{\"cpu\":\"192\",\"memory\":\"2113929216Ki\",\"pods\":\"250\",\"nvidia.com/gpu\":\"8\","
            + "\"kerf.gpu/memory\":\"640Gi\",\"kerf.gpu/whole\":\"8\"}";
    return "{\"metadata\":{\"name\":\"%s\",\"labels\":{\"kubernetes.io/hostname\":\"%s\"%s}},"
            .formatted(name, name, labels)
        + "\"spec\":{\"podCIDR\":\"10.0.0.0/24\"},\"status\":{\"capacity\":"
        + amounts
        + ",\"allocatable\":"
        + amounts
        + ",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"lastHeartbeatTime\":"
        + "\"2026-01-01T00:00:00Z\",\"reason\":\"KubeletReady\"}]}}";
  }
}
