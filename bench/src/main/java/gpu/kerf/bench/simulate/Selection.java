package gpu.kerf.bench.simulate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Which objects a list or a watch shows, by its field selector. */
final class Selection {
  private final ObjectKind kind;
  private final List<String> hiddenPhases = new ArrayList<>();
  private String node = "";
  private String name = "";

  private Selection(ObjectKind kind) {
    this.kind = kind;
  }

  static Selection of(ObjectKind kind, Map<String, String> query) {
    Selection selection = new Selection(kind);
    for (String term : query.getOrDefault("fieldSelector", "").split(",", -1)) {
      selection.add(term);
    }
    return selection;
  }

  private void add(String term) {
    String value = term.substring(term.indexOf('=') + 1);
    if (term.startsWith("status.phase!=")) {
      hiddenPhases.add(value);
    } else if (term.startsWith("spec.nodeName=")) {
      node = value;
    } else if (term.startsWith("metadata.name=")) {
      name = value;
    } else if (!term.isEmpty() && !term.equals("spec.driver=gpu.nvidia.com")) {
      throw new IllegalArgumentException("The field selector (" + term + ") is not simulated.");
    }
  }

  boolean has(Stored object) {
    String phase = object.json().path("status").path("phase").asText("");
    return !(kind == ObjectKind.POD && hiddenPhases.contains(phase))
        && (name.isEmpty() || name.equals(object.name()))
        && (node.isEmpty() || node.equals(object.json().path("spec").path("nodeName").asText("")));
  }
}
