package gpu.kerf.extender.cluster.kubernetes.calling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/** An answer of the API server. */
@SuppressWarnings("ArrayRecordComponent") // answers are never compared
public record ApiReply(int status, byte[] body) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LONGEST_TEXT = 500;

  public boolean ok() {
    return status >= 200 && status < 300;
  }

  /** The object, or the Status with the reasons why there is none. */
  public JsonNode json() throws IOException {
    return JSON.readTree(body);
  }

  /** The same, or nothing where it is not JSON at all. */
  public JsonNode details() {
    try {
      return json();
    } catch (IOException e) {
      return JSON.missingNode();
    }
  }

  /** In the API server's words, why not. */
  public String problem() {
    String text = details().path("message").asText("");
    String words = text.isEmpty() ? "HTTP status " + this.status : text;
    return words.length() <= LONGEST_TEXT ? words : words.substring(0, LONGEST_TEXT) + "…";
  }
}
