package gpu.kerf.extender.stream;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.ResponseBody;

/** One request to the sink. It blocks its thread, and never for longer than the time-out. */
final class SinkClient implements Closeable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final int LONGEST_ANSWER = 1 << 20;
  private static final int LONGEST_TEXT = 200;

  /** The sink will never take these bytes, however often it is asked. */
  private static final Set<Integer> NEVER = Set.of(400, 413, 422);

  private final SinkOptions options;
  private final OkHttpClient http;

  /** What became of a request. */
  enum Outcome {
    TAKEN,
    /** It may be taken later. */
    FAILED,
    /** It will never be taken as it is. */
    REFUSED
  }

  /**
   * An answer.
   *
   * @param left which of the events the sink has not taken, if it has taken some
   * @param problem in words; empty if there is none
   */
  record Answer(Outcome outcome, List<Integer> left, String problem) {
    private static final Answer TAKEN = new Answer(Outcome.TAKEN, List.of(), "");

    Answer {
      left = List.copyOf(left);
    }
  }

  SinkClient(SinkOptions options) {
    this.options = options;
    this.http =
        new OkHttpClient.Builder()
            .connectTimeout(CONNECT)
            .callTimeout(options.timeout())
            .readTimeout(options.timeout())
            .writeTimeout(options.timeout())
            .followRedirects(false)
            .retryOnConnectionFailure(false)
            .build();
  }

  Answer send(byte[] body) {
    Request request =
        new Request.Builder()
            .url(options.target())
            .header("User-Agent", "kerf")
            .post(RequestBody.create(body, MediaType.get(options.format().mediaType())))
            .build();
    try (Response response = http.newCall(request).execute()) {
      return answer(response);
    } catch (IOException e) {
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      return new Answer(Outcome.FAILED, List.of(), why);
    }
  }

  private Answer answer(Response response) throws IOException {
    String text = text(response.body());
    if (response.isSuccessful()) {
      return options.format() == SinkOptions.Format.KAFKA_BRIDGE ? ofBridge(text) : Answer.TAKEN;
    }
    Outcome outcome = NEVER.contains(response.code()) ? Outcome.REFUSED : Outcome.FAILED;
    String words = text.length() > LONGEST_TEXT ? text.substring(0, LONGEST_TEXT) + "…" : text;
    return new Answer(outcome, List.of(), "HTTP status " + response.code() + ": " + words);
  }

  /** Never more than what an answer needs: a sink may send without an end. */
  private static String text(ResponseBody body) throws IOException {
    return new String(body.source().inputStream().readNBytes(LONGEST_ANSWER), UTF_8);
  }

  /**
   * The bridge answers 200 even if Kafka took only some of the records: each has its own result.
   */
  private static Answer ofBridge(String text) {
    List<Integer> left = new ArrayList<>();
    String problem = "";
    int index = 0;
    try {
      for (JsonNode offset : JSON.readTree(text).path("offsets")) {
        if (offset.has("error_code")) {
          left.add(index);
          problem = "Kafka: " + offset.path("message").asText(offset.path("error_code").asText());
        }
        index++;
      }
    } catch (IOException nonsense) {
      return new Answer(Outcome.FAILED, List.of(), "The answer is not the bridge's: " + text);
    }
    return left.isEmpty() ? Answer.TAKEN : new Answer(Outcome.FAILED, left, problem);
  }

  @Override
  public void close() {
    http.dispatcher().cancelAll();
    http.connectionPool().evictAll();
    http.dispatcher().executorService().shutdown();
  }
}
