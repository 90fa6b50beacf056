package gpu.kerf.extender.settings;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.vertx.config.spi.ConfigProcessor;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * YAML for vertx-config that refuses probable mistakes: a duplicate key, a second document, a list
 * at the top. Errors say line and column.
 */
public final class StrictYaml implements ConfigProcessor {
  static final String FORMAT = "strict-yaml";

  private static final ObjectMapper YAML =
      new ObjectMapper(new YAMLFactory()).enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

  /** The text is not the YAML of settings. */
  static final class SyntaxException extends RuntimeException {
    private static final long serialVersionUID = 1;

    SyntaxException(String message) {
      super(message);
    }
  }

  @Override
  public String name() {
    return FORMAT;
  }

  @Override
  public Future<JsonObject> process(Vertx vertx, JsonObject configuration, Buffer input) {
    try {
      return Future.succeededFuture(parse(input.toString()));
    } catch (SyntaxException wrong) {
      return Future.failedFuture(wrong);
    }
  }

  static JsonObject parse(String text) {
    try (JsonParser parser = YAML.createParser(text)) {
      JsonNode document = parser.nextToken() == null ? null : parser.readValueAsTree();
      if (parser.nextToken() != null) {
        throw new SyntaxException("it holds more than one YAML document.");
      }
      return tree(document);
    } catch (JsonProcessingException wrong) {
      throw new SyntaxException(place(wrong.getLocation()) + wrong.getOriginalMessage());
    } catch (IOException impossible) {
      throw new SyntaxException(impossible.toString());
    }
  }

  private static JsonObject tree(@Nullable JsonNode document) {
    if (document == null || document.isNull()) {
      return new JsonObject();
    }
    if (!document.isObject()) {
      String kind = document.getNodeType().name().toLowerCase(Locale.ROOT);
      throw new SyntaxException("it is not a tree of settings but one " + kind + ".");
    }
    return new JsonObject(document.toString());
  }

  private static String place(@Nullable JsonLocation where) {
    return where == null
        ? ""
        : "line " + where.getLineNr() + ", column " + where.getColumnNr() + ": ";
  }
}
