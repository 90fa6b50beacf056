package gpu.kerf.extender.manifests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/** The files of {@code manifests/}. */
public final class Shipped {
  private static final YAMLFactory YAML = new YAMLFactory();
  private static final ObjectMapper MAPPER = new ObjectMapper(YAML);

  private Shipped() {}

  public static Path file(String name) {
    return Path.of(System.getProperty("basedir", ""), "../manifests", name);
  }

  public static String text(String name) {
    return read(file(name));
  }

  /** The names of what lies in a folder. */
  static List<String> in(String folder) {
    try (Stream<Path> files = Files.list(file(folder))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** Any certificate that an API server can read, in base64: its own. */
  public static String bundle(Path kubeconfig) {
    JsonNode config = objects(read(kubeconfig)).get(0);
    Path file = Path.of(config.at("/clusters/0/cluster/certificate-authority").asText());
    return Base64.getEncoder().encodeToString(read(file).getBytes(StandardCharsets.US_ASCII));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** The objects of a text of YAML documents. */
  static List<JsonNode> objects(String yaml) {
    try (var values = MAPPER.readerFor(JsonNode.class).<JsonNode>readValues(yaml)) {
      return values.readAll().stream().filter(JsonNode::isObject).toList();
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }
}
