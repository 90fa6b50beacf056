package gpu.kerf.extender.cluster.kubernetes.watching;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.calling.ListPage;
import java.io.IOException;

/** One line of a watch. */
record WatchEvent(String type, JsonSlice object) {

  static WatchEvent read(byte[] line, JsonFactory json) throws IOException {
    String type = "";
    JsonSlice object = new JsonSlice(line, 0, 0);
    try (JsonParser parser = json.createParser(line)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        if (field.equals("type")) {
          type = parser.getValueAsString("");
        } else if (field.equals("object") && value == JsonToken.START_OBJECT) {
          object = ListPage.cut(parser, line);
        } else {
          parser.skipChildren();
        }
      }
    }
    return new WatchEvent(type, object);
  }
}
