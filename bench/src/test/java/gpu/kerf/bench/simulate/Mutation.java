package gpu.kerf.bench.simulate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A repair taken out of Kerf: some texts of its sources replaced by others. Written as a file:
 *
 * <pre>
 * what: Handed-out slots stay where they were when the GPUs change their order.
 * seeds: 8
 * events: 20000
 * faults: reboots
 * file: gpu-model/src/main/java/gpu/kerf/model/fleet/Ledger.java
 * --- before
 * the text that is there
 * --- after
 * the text without the repair
 * --- end
 * </pre>
 */
record Mutation(String name, Map<String, String> head, List<Replacement> replacements) {

  /** One text of one file for another. */
  record Replacement(String file, String before, String after) {}

  static Mutation read(Path path) throws IOException {
    Map<String, String> head = new LinkedHashMap<>();
    List<Replacement> replacements = new ArrayList<>();
    List<String> before = new ArrayList<>();
    List<String> after = new ArrayList<>();
    List<String> into = null;
    for (String line : Files.readAllLines(path)) {
      switch (line) {
        case "--- before" -> into = before;
        case "--- after" -> into = after;
        case "--- end" -> {
          replacements.add(
              new Replacement(
                  head.getOrDefault("file", ""),
                  String.join("\n", before),
                  String.join("\n", after)));
          before.clear();
          after.clear();
          into = null;
        }
        default -> {
          if (into != null) {
            into.add(line);
          } else if (!line.isBlank()) {
            int colon = line.indexOf(':');
            head.put(line.substring(0, colon), line.substring(colon + 1).strip());
          }
        }
      }
    }
    return new Mutation(path.getFileName().toString(), head, replacements);
  }

  String what() {
    return head.getOrDefault("what", name);
  }

  /** What the simulation has beside a cluster: teams, dra. */
  String parts() {
    return Stream.of("teams", "dra")
        .filter(part -> head.getOrDefault(part, "").equals("true"))
        .collect(Collectors.joining(","));
  }

  /** The sources as they are without the repair, by their paths. */
  Map<String, String> sources(Path root) throws IOException {
    Map<String, String> sources = new LinkedHashMap<>();
    for (Replacement each : replacements) {
      String source = sources.get(each.file);
      if (source == null) {
        source = Files.readString(root.resolve(each.file));
      }
      if (!source.contains(each.before)) {
        throw new IllegalStateException(
            name + " is out of date: " + each.file + " does not contain\n" + each.before);
      }
      sources.put(each.file, source.replace(each.before, each.after));
    }
    return sources;
  }
}
