package gpu.kerf.bench.simulate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Which objects a list or a watch shows, by its field selector. */
final class Selection {
  private final Kind kind;
  private final List<String> hiddenPhases = new ArrayList<>();

  private Selection(Kind kind) {
    this.kind = kind;
  }

  static Selection of(Kind kind, Map<String, String> query) {
    Selection selection = new Selection(kind);
    for (String term : query.getOrDefault("fieldSelector", "").split(",", -1)) {
      if (term.startsWith("status.phase!=")) {
        selection.hiddenPhases.add(term.substring("status.phase!=".length()));
      } else if (!term.isEmpty() && !term.equals("spec.driver=gpu.nvidia.com")) {
        throw new IllegalArgumentException("The field selector (" + term + ") is not simulated.");
      }
    }
    return selection;
  }

  boolean has(Stored object) {
    return kind != Kind.POD
        || hiddenPhases.isEmpty()
        || !hiddenPhases.contains(object.json().path("status").path("phase").asText(""));
  }
}
