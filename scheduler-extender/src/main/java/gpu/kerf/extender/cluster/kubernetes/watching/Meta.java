package gpu.kerf.extender.cluster.kubernetes.watching;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import java.io.IOException;

/** Which object, and which version of it; the namespace is empty for those that have none. */
public record Meta(String namespace, String name, String uid, String resourceVersion) {

  /** Reads no more of an object than it must. */
  public static Meta read(JsonSlice slice, JsonFactory json) throws IOException {
    try (JsonParser parser = json.createParser(slice.bytes(), slice.offset(), slice.length())) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean metadata = parser.currentName().equals("metadata");
        parser.nextToken();
        if (metadata) {
          return metadata(parser);
        }
        parser.skipChildren();
      }
      throw new IOException("an object has no metadata");
    }
  }

  private static Meta metadata(JsonParser parser) throws IOException {
    String namespace = "";
    String name = "";
    String uid = "";
    String version = "";
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      parser.nextToken();
      switch (field) {
        case "namespace" -> namespace = parser.getValueAsString("");
        case "name" -> name = parser.getValueAsString("");
        case "uid" -> uid = parser.getValueAsString("");
        case "resourceVersion" -> version = parser.getValueAsString("");
        default -> parser.skipChildren();
      }
    }
    return new Meta(namespace, name, uid, version);
  }

  /** What it is called by users, unique at any one time. */
  public String key() {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }
}
