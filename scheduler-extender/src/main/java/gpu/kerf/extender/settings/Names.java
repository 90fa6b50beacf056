package gpu.kerf.extender.settings;

import java.util.ArrayList;
import java.util.List;

/** A list of names, written as a list or as one text with commas. */
public record Names(List<String> values) {

  public static final Names NONE = new Names(List.of());

  public Names {
    values = List.copyOf(values);
  }

  /** Reads names between commas; none if the text is blank. */
  public static Names parse(String text) {
    String plain = text.startsWith("[") && text.endsWith("]") ? inner(text) : text;
    if (plain.isBlank()) {
      return NONE;
    }
    List<String> names = new ArrayList<>();
    for (String name : plain.split(",", -1)) {
      if (name.isBlank()) {
        throw new IllegalArgumentException(text);
      }
      names.add(name.strip());
    }
    return new Names(names);
  }

  private static String inner(String text) {
    return text.substring(1, text.length() - 1);
  }

  public boolean contains(String name) {
    return values.contains(name);
  }

  @Override
  public String toString() {
    return "[" + String.join(", ", values) + "]";
  }
}
