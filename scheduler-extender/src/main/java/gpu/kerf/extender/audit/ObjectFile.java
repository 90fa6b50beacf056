package gpu.kerf.extender.audit;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;

/**
 * Objects as kubectl prints them: single ones and lists, one after the other. Only one object of a
 * list is in memory at a time.
 */
public final class ObjectFile {
  private final ClusterReader reader;
  private int objects;

  private ObjectFile(ClusterReader reader) {
    this.reader = reader;
  }

  /** Reads all of it; how many objects say something of GPUs. */
  public static int read(InputStream in, ClusterReader reader) throws IOException {
    ObjectFile file = new ObjectFile(reader);
    try (JsonParser parser = Texts.JSON.createParser(in)) {
      JsonToken token = parser.nextToken();
      while (token != null) {
        if (token == JsonToken.START_OBJECT) {
          file.document(parser);
        } else {
          parser.skipChildren();
        }
        token = parser.nextToken();
      }
    }
    return file.objects;
  }

  private void document(JsonParser parser) throws IOException {
    ObjectNode single = Texts.JSON.createObjectNode();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      JsonToken value = parser.nextToken();
      if (field.equals("items") && value == JsonToken.START_ARRAY) {
        items(parser, single.path("kind").asText(""));
      } else {
        single.set(field, Texts.JSON.<JsonNode>readTree(parser));
      }
    }
    add(single.path("kind").asText(""), single);
  }

  /**
   * Reads the items of a list.
   *
   * @param list its kind if that stands before them, such as {@code PodList}: then they may have
   *     none
   */
  private void items(JsonParser parser, String list) throws IOException {
    String usual = list.endsWith("List") ? list.substring(0, list.length() - 4) : "";
    while (parser.nextToken() == JsonToken.START_OBJECT) {
      JsonNode item = Texts.JSON.readTree(parser);
      add(item.path("kind").asText(usual), item);
    }
  }

  private void add(String kind, JsonNode object) {
    objects += reader.add(kind, object) ? 1 : 0;
  }
}
