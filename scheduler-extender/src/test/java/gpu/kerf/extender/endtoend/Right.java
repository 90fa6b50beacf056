package gpu.kerf.extender.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Comparator;
import java.util.Set;
import java.util.TreeSet;

/**
 * One verb on one kind of object.
 *
 * @param resource with its subresource, such as {@code pods/binding}
 */
record Right(String group, String resource, String verb) implements Comparable<Right> {
  private static final Comparator<Right> ORDER =
      Comparator.comparing(Right::group).thenComparing(Right::resource).thenComparing(Right::verb);

  /** What an entry of the audit log asked for. */
  static Right of(JsonNode entry) {
    JsonNode object = entry.path("objectRef");
    String subresource = object.path("subresource").asText("");
    String resource = object.path("resource").asText();
    return new Right(
        object.path("apiGroup").asText(""),
        subresource.isEmpty() ? resource : resource + "/" + subresource,
        entry.path("verb").asText());
  }

  /** Everything that rules of roles grant. */
  static Set<Right> grantedBy(JsonNode rules) {
    Set<Right> granted = new TreeSet<>();
    for (JsonNode rule : rules) {
      for (JsonNode group : rule.path("apiGroups")) {
        for (JsonNode resource : rule.path("resources")) {
          for (JsonNode verb : rule.path("verbs")) {
            granted.add(new Right(group.asText(), resource.asText(), verb.asText()));
          }
        }
      }
    }
    return granted;
  }

  @Override
  public int compareTo(Right other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return verb + " " + resource + (group.isEmpty() ? "" : "." + group);
  }
}
