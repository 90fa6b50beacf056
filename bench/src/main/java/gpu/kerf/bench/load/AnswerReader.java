package gpu.kerf.bench.load;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads the answers of extenders, as far as the load driver needs them. */
final class AnswerReader {

  private static final JsonFactory JSON = new JsonFactory();

  private final List<String> names = new ArrayList<>();
  private String error = "";
  private String best = "";
  private long highest;

  /** The nodes that filter has left, by name or in full. */
  List<String> names() {
    return names;
  }

  /** What the answer calls its error; empty if there is none. */
  String error() {
    return error;
  }

  /** The node of the highest score; empty if there are no scores. */
  String best() {
    return best;
  }

  void filter(byte[] body, int length) throws IOException {
    names.clear();
    error = "";
    try (JsonParser parser = JSON.createParser(body, 0, length)) {
      expect(parser, JsonToken.START_OBJECT);
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        if (field.equalsIgnoreCase("NodeNames") && value == JsonToken.START_ARRAY) {
          while (parser.nextToken() == JsonToken.VALUE_STRING) {
            names.add(parser.getText());
          }
        } else if (field.equalsIgnoreCase("Nodes") && value == JsonToken.START_OBJECT) {
          nodes(parser);
        } else if (field.equalsIgnoreCase("Error") && value == JsonToken.VALUE_STRING) {
          error = parser.getText();
        } else {
          parser.skipChildren();
        }
      }
    }
  }

  private void nodes(JsonParser parser) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      boolean items = parser.currentName().equals("items");
      if (parser.nextToken() == JsonToken.START_ARRAY && items) {
        while (parser.nextToken() == JsonToken.START_OBJECT) {
          node(parser);
        }
      } else {
        parser.skipChildren();
      }
    }
  }

  private void node(JsonParser parser) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      boolean metadata = parser.currentName().equals("metadata");
      if (parser.nextToken() == JsonToken.START_OBJECT && metadata) {
        name(parser);
      } else {
        parser.skipChildren();
      }
    }
  }

  private void name(JsonParser parser) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      boolean name = parser.currentName().equals("name");
      if (parser.nextToken() == JsonToken.VALUE_STRING && name) {
        names.add(parser.getText());
      } else {
        parser.skipChildren();
      }
    }
  }

  void prioritize(byte[] body, int length) throws IOException {
    best = "";
    highest = Long.MIN_VALUE;
    try (JsonParser parser = JSON.createParser(body, 0, length)) {
      expect(parser, JsonToken.START_ARRAY);
      while (parser.nextToken() == JsonToken.START_OBJECT) {
        score(parser);
      }
    }
  }

  private void score(JsonParser parser) throws IOException {
    String host = "";
    long score = 0;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      JsonToken value = parser.nextToken();
      if (field.equalsIgnoreCase("Host") && value == JsonToken.VALUE_STRING) {
        host = parser.getText();
      } else if (field.equalsIgnoreCase("Score") && value == JsonToken.VALUE_NUMBER_INT) {
        score = parser.getLongValue();
      }
    }
    if (score > highest) {
      highest = score;
      best = host;
    }
  }

  void bind(byte[] body, int length) throws IOException {
    error = "";
    try (JsonParser parser = JSON.createParser(body, 0, length)) {
      expect(parser, JsonToken.START_OBJECT);
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean isError = parser.currentName().equalsIgnoreCase("Error");
        if (parser.nextToken() == JsonToken.VALUE_STRING && isError) {
          error = parser.getText();
        } else {
          parser.skipChildren();
        }
      }
    }
  }

  private static void expect(JsonParser parser, JsonToken token) throws IOException {
    if (parser.nextToken() != token) {
      throw new IOException("The answer is not what the protocol asks for.");
    }
  }
}
