package gpu.kerf.extender.cluster.kubernetes.calling;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A page of a list, cut into its objects. They are parsed later, one by one, so that one invalid
 * object does not make the others unreadable.
 *
 * @param next the API server's token for the next page; empty if there is none
 */
public record ListPage(String resourceVersion, String next, List<JsonSlice> items) {

  public static ListPage read(byte[] body, JsonFactory json) throws IOException {
    String[] metadata = {"", ""};
    List<JsonSlice> items = new ArrayList<>();
    try (JsonParser parser = json.createParser(body)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("a list is not a JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        parser.nextToken();
        switch (field) {
          case "metadata" -> metadata(parser, metadata);
          case "items" -> items(parser, body, items);
          default -> parser.skipChildren();
        }
      }
    }
    return new ListPage(metadata[0], metadata[1], items);
  }

  private static void metadata(JsonParser parser, String[] into) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      parser.nextToken();
      switch (field) {
        case "resourceVersion" -> into[0] = parser.getValueAsString("");
        case "continue" -> into[1] = parser.getValueAsString("");
        default -> parser.skipChildren();
      }
    }
  }

  private static void items(JsonParser parser, byte[] body, List<JsonSlice> into)
      throws IOException {
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    while (parser.nextToken() == JsonToken.START_OBJECT) {
      into.add(cut(parser, body));
    }
  }

  /** The object at which the parser stands. */
  public static JsonSlice cut(JsonParser parser, byte[] body) throws IOException {
    int begin = (int) parser.currentTokenLocation().getByteOffset();
    parser.skipChildren();
    int end = (int) parser.currentLocation().getByteOffset();
    return new JsonSlice(body, begin, end - begin);
  }
}
