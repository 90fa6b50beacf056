package gpu.kerf.extender.idle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Asks a Prometheus that scrapes NVIDIA's DCGM exporter. The Prometheus looks back by its own
 * clock, so that no clock of Kerf's can make a GPU look idle. An answer of which a part cannot be
 * used is not used at all.
 */
public final class PrometheusFigures implements IdleFigures {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LONGEST_ANSWER = 64 << 20;
  private static final int SHOWN = 200;

  /** A GPU that computes for less than this part of the time counts as unused. */
  private static final double LEAST = 0.01;

  private static final String BUSY = "DCGM_FI_PROF_GR_ENGINE_ACTIVE";
  private static final String OLD_BUSY = "DCGM_FI_DEV_GPU_UTIL";

  /** Of so many in a hundred minutes there must be figures. */
  private static final long PERCENT_KNOWN = 95;

  private static final long FRESH_SECONDS = 150;

  private final HttpUrl url;
  private final OkHttpClient http;
  private final ExecutorService thread;
  private double lastTime;

  /**
   * @param url of the Prometheus
   * @param timeout how long it may take for an answer
   */
  public PrometheusFigures(String url, Duration timeout) {
    this.url = HttpUrl.get(url);
    this.http =
        new OkHttpClient.Builder()
            .callTimeout(timeout)
            .connectTimeout(timeout)
            .readTimeout(timeout)
            .followRedirects(false)
            .build();
    this.thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread named = new Thread(task, "kerf-idle");
              named.setDaemon(true);
              return named;
            });
  }

  @Override
  public CompletionStage<Map<Duration, UnusedGpus>> look(Set<Duration> durations) {
    Set<Duration> asked = Set.copyOf(durations);
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return answers(asked);
          } catch (IOException e) {
            throw new CompletionException(e);
          }
        },
        thread);
  }

  private Map<Duration, UnusedGpus> answers(Set<Duration> durations) throws IOException {
    Map<Duration, UnusedGpus> answers = new HashMap<>();
    double before = lastTime;
    double latest = 0;
    lastTime = 0;
    for (Duration duration : durations) {
      Vector unused = ask(unused(duration));
      Vector instances = ask(instances(duration));
      unused.refuseBusy();
      if (!unused.values.isEmpty() && unused.time <= before) {
        throw lie("it answers of a time that is not after its answer before");
      }
      latest = unused.values.isEmpty() ? latest : Math.max(latest, unused.time);
      Map<String, Integer> counts = new HashMap<>();
      instances.values.forEach((uuid, count) -> counts.put(uuid, count.intValue()));
      answers.put(duration, new UnusedGpus(unused.values.keySet(), counts));
    }
    lastTime = latest;
    return answers;
  }

  /**
   * The GPUs of which the busiest sample is of nothing, if there are figures of nearly every
   * minute, and of the last one.
   */
  static String unused(Duration duration) {
    String range = "[" + duration.toSeconds() + "s]";
    String minutes = "[" + duration.toSeconds() + "s:1m]";
    long known = Math.max(1, duration.toMinutes() * PERCENT_KNOWN / 100);
    return ("((max by (UUID) (max_over_time(BUSY%1$s))"
            + " or max by (UUID) (max_over_time(OLD%1$s)) / 100) < LEAST)"
            + " and on (UUID) (count_over_time("
            + "(count by (UUID) (BUSY) or count by (UUID) (OLD))%2$s) >= %3$d)"
            + " and on (UUID) (time() - (max by (UUID) (timestamp(BUSY))"
            + " or max by (UUID) (timestamp(OLD))) < %4$d)")
        .formatted(range, minutes, known, FRESH_SECONDS)
        .replace("BUSY", BUSY)
        .replace("OLD", OLD_BUSY)
        .replace("LEAST", Double.toString(LEAST));
  }

  /** Of how many MIG instances of each GPU there were figures in each minute. */
  static String instances(Duration duration) {
    return "min_over_time((count by (UUID) ("
        + BUSY
        + "{GPU_I_ID!=\"\"}))["
        + duration.toSeconds()
        + "s:1m])";
  }

  /** The values of a query by UUID, and of when they are. */
  private final class Vector {
    private final Map<String, Double> values = new HashMap<>();
    private double time = Double.MAX_VALUE;

    void add(JsonNode series) throws IOException {
      String uuid = series.path("metric").path("UUID").asText();
      if (uuid.isEmpty()) {
        return;
      }
      JsonNode value = series.path("value");
      double number = number(value.path(1).asText());
      if (!value.path(0).isNumber() || number < 0) {
        throw lie("GPU " + uuid + " has the value " + value);
      }
      time = Math.min(time, value.path(0).doubleValue());
      if (values.put(uuid, number) != null) {
        throw lie("it has two values of GPU " + uuid);
      }
    }

    /** Prometheus was asked for smaller values alone. */
    void refuseBusy() throws IOException {
      for (Map.Entry<String, Double> each : values.entrySet()) {
        if (each.getValue() >= LEAST) {
          throw lie("GPU " + each.getKey() + " is unused and busy (" + each.getValue() + ")");
        }
      }
    }
  }

  private double number(String text) throws IOException {
    try {
      double number = Double.parseDouble(text);
      if (Double.isFinite(number)) {
        return number;
      }
    } catch (NumberFormatException e) {
      // The same as a number that is none.
    }
    throw lie("a value (" + shown(text) + ") is no finite number");
  }

  private Vector ask(String query) throws IOException {
    HttpUrl where =
        url.newBuilder().addPathSegments("api/v1/query").addQueryParameter("query", query).build();
    Request request = new Request.Builder().url(where).header("User-Agent", "kerf").build();
    try (Response response = http.newCall(request).execute()) {
      byte[] bytes = bytes(response);
      if (!response.isSuccessful()) {
        String words = new String(bytes, java.nio.charset.StandardCharsets.UTF_8);
        throw new IOException(
            "Prometheus at " + url + " answers with " + response.code() + ": " + shown(words));
      }
      return vector(JSON.readTree(bytes));
    }
  }

  private byte[] bytes(Response response) throws IOException {
    try (InputStream body = response.body().byteStream()) {
      byte[] bytes = body.readNBytes(LONGEST_ANSWER + 1);
      if (bytes.length > LONGEST_ANSWER) {
        throw lie("its answer is longer than " + (LONGEST_ANSWER >> 20) + " MiB");
      }
      return bytes;
    }
  }

  private Vector vector(JsonNode answer) throws IOException {
    JsonNode data = answer.path("data");
    if (!answer.path("status").asText().equals("success")
        || !data.path("resultType").asText().equals("vector")
        || !data.path("result").isArray()) {
      throw lie("its answer is no vector: " + shown(answer.toString()));
    }
    Vector vector = new Vector();
    for (JsonNode series : data.path("result")) {
      vector.add(series);
    }
    return vector;
  }

  private static String shown(String text) {
    return text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text;
  }

  private IOException lie(String what) {
    return new IOException("What Prometheus at " + url + " answers cannot be used: " + what + ".");
  }

  @Override
  public void close() {
    http.dispatcher().cancelAll();
    thread.shutdownNow();
    http.connectionPool().evictAll();
    http.dispatcher().executorService().shutdown();
  }
}
