package gpu.kerf.extender.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The classes of all modules by their simple names, so that pages can be held to them. */
final class Sources {
  private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");

  private final Map<String, List<Path>> files = new TreeMap<>();

  private Sources() {}

  static Sources read() throws IOException {
    Sources sources = new Sources();
    for (Path file : Markdown.files(Markdown.root(), Set.of("java"))) {
      String name = file.getFileName().toString().replace(".java", "");
      sources.files.computeIfAbsent(name, unused -> new ArrayList<>()).add(file);
    }
    return sources;
  }

  boolean hasClass(String name) {
    return files.containsKey(name);
  }

  /** Whether a test of this name exists, or a test with this method: {@code Class.method}. */
  boolean hasTest(String name) throws IOException {
    String[] parts = name.split("\\.", 2);
    for (Path file : files.getOrDefault(parts[0], List.of())) {
      boolean isTest = file.toString().contains("/src/test/");
      if (isTest && (parts.length == 1 || Files.readString(file).contains(parts[1] + "("))) {
        return true;
      }
    }
    return false;
  }

  /** What stands between backquotes, in order. */
  static List<String> codeIn(String text) {
    List<String> words = new ArrayList<>();
    Matcher code = CODE.matcher(text);
    while (code.find()) {
      words.add(code.group(1));
    }
    return words;
  }
}
