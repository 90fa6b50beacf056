package gpu.kerf.extender.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads a document from an untrusted client as a tree, within the limits of {@link JsonIn}. */
public final class JsonTree {

  private static final ObjectReader READER =
      new ObjectMapper(JsonIn.factoryForAnyNames())
          .reader()
          .with(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** The tree of a body that consists only of commas and zeros takes a hundred times its memory. */
  private static final int MOST_TOKENS = 500_000;

  /** With so few bytes there cannot be too many. */
  private static final int SHORT = MOST_TOKENS;

  private static final JsonFactory TOKENS = JsonIn.factoryForAnyNames();

  private JsonTree() {}

  /** Reads a document that must be one object. */
  public static JsonNode object(byte[] body) throws WireException {
    JsonNode read;
    try {
      String text = text(body);
      if (body.length > SHORT) {
        count(text);
      }
      read = READER.readTree(text);
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

  private static String text(byte[] body) throws WireException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw new WireException("The body cannot be read: it is not UTF-8.");
    }
  }

  private static void count(String body) throws IOException, WireException {
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
