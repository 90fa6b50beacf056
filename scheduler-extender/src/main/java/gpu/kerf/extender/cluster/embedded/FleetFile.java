package gpu.kerf.extender.cluster.embedded;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import gpu.kerf.model.hardware.NodeSpec;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A fleet as people write it. {@code docs/reference/cli.md} describes the form.
 *
 * <pre>{@code
 * nodes:
 * - name: h100
 *   count: 2                # h100-1 and h100-2
 *   cpu: 192                # a Kubernetes quantity; left out: it is not counted
 *   memory: 2Ti
 *   gpus:
 *   - {model: H100-80GB, count: 4}
 *   - {model: H100-80GB, count: 4, mode: mig-dynamic}
 *   nvlink: 18              # links between every pair
 *   numa: 2                 # NUMA nodes, the GPUs spread over them evenly
 * }</pre>
 */
public final class FleetFile {

  static final int MOST_NODES = 50_000;

  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  private FleetFile() {}

  /** The fleet that comes with Kerf. */
  public static List<NodeSpec> standard() {
    return resource("fleet.yaml");
  }

  /** The fleet of a bank whose teams share 24 GPUs; it comes with Kerf, too. */
  public static List<NodeSpec> bank() {
    return resource("bank.yaml");
  }

  private static List<NodeSpec> resource(String name) {
    try (InputStream stream = Objects.requireNonNull(FleetFile.class.getResourceAsStream(name))) {
      return parse(name, new String(stream.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static List<NodeSpec> read(Path file) throws IOException {
    return parse(file.toString(), Files.readString(file));
  }

  /** Reads a fleet, or tells everything that is wrong with it. */
  static List<NodeSpec> parse(String file, String text) {
    Problems problems = new Problems();
    List<NodeSpec> fleet = new ArrayList<>();
    JsonNode root = tree(file, text);
    problems.onlyKeys("the file", root, Set.of("nodes"));
    JsonNode nodes = root.path("nodes");
    if (!nodes.isArray() || nodes.isEmpty()) {
      problems.add(
          "It lists no nodes.\n    Begin with: nodes: [{name: a, gpus: [{model: H100-80GB, count: 8}]}]");
    }
    NodeReader reader = new NodeReader(problems);
    for (int i = 0; i < nodes.size(); i++) {
      fleet.addAll(reader.nodes(nodes.get(i), "nodes[" + i + "]", MOST_NODES - fleet.size()));
    }
    refuseTwins(fleet, problems);
    problems.throwIfAny(file);
    return List.copyOf(fleet);
  }

  private static void refuseTwins(List<NodeSpec> fleet, Problems problems) {
    Set<String> names = new HashSet<>();
    for (NodeSpec node : fleet) {
      if (!names.add(node.name())) {
        problems.add("Two nodes have the name (" + node.name() + ").");
      }
    }
  }

  private static JsonNode tree(String file, String text) {
    try {
      return YAML.readTree(text);
    } catch (JsonProcessingException e) {
      throw new FleetException(file, List.of("  It is not YAML: " + e.getOriginalMessage()));
    }
  }

  /** What is wrong with a file, gathered. */
  static final class Problems {
    private final List<String> found = new ArrayList<>();

    void add(String problem) {
      if (found.size() < 50) {
        found.add("  " + problem);
      }
    }

    void add(String where, IllegalArgumentException nonsense) {
      String text = Objects.requireNonNullElse(nonsense.getMessage(), "nonsense");
      add(where + ": " + text.replace("\n", "\n    "));
    }

    void onlyKeys(String where, JsonNode node, Set<String> known) {
      for (String key : (Iterable<String>) node::fieldNames) {
        if (!known.contains(key)) {
          add(
              "%s has an unknown key (%s).\n    Known are %s."
                  .formatted(where, key, String.join(", ", known.stream().sorted().toList())));
        }
      }
    }

    void throwIfAny(String file) {
      if (!found.isEmpty()) {
        throw new FleetException(file, found);
      }
    }
  }
}
