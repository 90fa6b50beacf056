package gpu.kerf.model.hardware;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The "key value key value" rest of a catalogue line. Reading a key removes it, so the keys that
 * remain are unknown ones.
 */
final class Fields {

  private final Map<String, String> values = new LinkedHashMap<>();

  private Fields() {}

  static Fields of(String text) {
    Fields fields = new Fields();
    Iterator<String> words = List.of(text.strip().split("\\s+")).iterator();
    while (!text.isBlank() && words.hasNext()) {
      fields.put(words.next(), words.hasNext() ? words.next() : "");
    }
    return fields;
  }

  private void put(String key, String value) {
    Require.that(
        !value.isEmpty(),
        "Maybe the line was cut off.",
        () -> "After \"%s\" no value stands.".formatted(key));
    Require.that(
        values.put(key, value) == null,
        "Remove one.",
        () -> "\"%s\" stands twice in the line.".formatted(key));
  }

  @Nullable String optional(String key) {
    return values.remove(key);
  }

  String required(String key) {
    String value = values.remove(key);
    if (value == null) {
      throw new IllegalArgumentException(
          "The line has no \"%s\".\nWrite it as: %s VALUE".formatted(key, key));
    }
    return value;
  }

  void refuseOthers() {
    Require.that(
        values.isEmpty(),
        "Maybe a misspelt one.",
        () -> "%s are not words of this line.".formatted(values.keySet()));
  }
}
