package gpu.kerf.extender.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;

/** A document that anybody may have sent, read as a tree within the limits of {@link JsonIn}. */
public final class JsonTree {

  private static final ObjectReader READER =
      new ObjectMapper(JsonIn.factoryForAnyNames())
          .reader()
          .with(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** A tree takes a hundred times the memory of a body that has nothing but commas and zeros. */
  private static final int MOST_TOKENS = 500_000;

  /** With so few bytes there cannot be too many. */
  private static final int SHORT = MOST_TOKENS;

  private static final JsonFactory TOKENS = JsonIn.factoryForAnyNames();

  private JsonTree() {}

  /** Reads a document that must be one object. */
  public static JsonNode object(byte[] body) throws WireException {
    JsonNode read;
    try {
      if (body.length > SHORT) {
        count(body);
      }
      read = READER.readTree(body);
    } catch (JsonProcessingException e) {
      throw new WireException("The body cannot be read: " + JsonIn.plain(e));
    } catch (IOException e) {
      throw new WireException("The body cannot be read: " + e.getMessage());
    }
    if (read == null || !read.isObject()) {
      throw new WireException("The body is not a JSON object.\nSend {...}.");
    }
    return read;
  }

  private static void count(byte[] body) throws IOException, WireException {
    try (JsonParser parser = TOKENS.createParser(body)) {
      int tokens = 0;
      while (parser.nextToken() != null) {
        tokens++;
        if (tokens > MOST_TOKENS) {
          throw new WireException(
              "The body has more than " + MOST_TOKENS + " names and values.\nSend one object.");
        }
      }
    }
  }
}
