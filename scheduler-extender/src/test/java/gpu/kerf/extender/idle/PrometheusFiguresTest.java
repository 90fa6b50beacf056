package gpu.kerf.extender.idle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is believed of a Prometheus, and what is not. */
class PrometheusFiguresTest {
  private static final Duration HALF_AN_HOUR = Duration.ofMinutes(30);
  private static final String VECTOR =
      "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[%s]}}";
  private static final String SERIES = "{\"metric\":{\"UUID\":\"%s\"},\"value\":[%s,\"%s\"]}";

  private final CountDownLatch end = new CountDownLatch(1);
  private final AtomicInteger asked = new AtomicInteger();
  private volatile String unused = VECTOR.formatted("");
  private volatile String instances = VECTOR.formatted("");
  private volatile int status = 200;
  private volatile boolean hangs;
  private HttpServer server;
  private PrometheusFigures figures;

  @BeforeEach
  void playAPrometheus() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/api/v1/query",
        call -> {
          asked.incrementAndGet();
          if (hangs) {
            await(end);
          }
          boolean ofInstances = call.getRequestURI().getQuery().contains("GPU_I_ID");
          byte[] body = (ofInstances ? instances : unused).getBytes(StandardCharsets.UTF_8);
          call.sendResponseHeaders(status, body.length);
          try (OutputStream out = call.getResponseBody()) {
            out.write(body);
          }
        });
    server.start();
    figures =
        new PrometheusFigures(
            "http://127.0.0.1:" + server.getAddress().getPort(), Duration.ofSeconds(1));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @AfterEach
  void stop() {
    end.countDown();
    figures.close();
    server.stop(0);
  }

  private UnusedGpus look() throws Exception {
    Map<Duration, UnusedGpus> answer =
        figures.look(Set.of(HALF_AN_HOUR)).toCompletableFuture().get(20, TimeUnit.SECONDS);
    return Objects.requireNonNull(answer.get(HALF_AN_HOUR));
  }

  private static String series(String uuid, double time, String value) {
    return SERIES.formatted(uuid, "" + time, value);
  }

  @Test
  void theGpusThatItNamesAreUnused() throws Exception {
    unused = VECTOR.formatted(series("GPU-1", 5, "0") + "," + series("GPU-2", 5, "0.009"));
    instances = VECTOR.formatted(series("GPU-2", 5, "7"));
    assertThat(look()).isEqualTo(new UnusedGpus(Set.of("GPU-1", "GPU-2"), Map.of("GPU-2", 7)));
  }

  @Test
  void noGpuMayBeUnused() throws Exception {
    assertThat(look().uuids()).isEmpty();
    assertThat(look().uuids()).as("once more").isEmpty();
  }

  @Test
  void anAnswerOfTheSameTimeAsBeforeIsOld() throws Exception {
    unused = VECTOR.formatted(series("GPU-1", 5, "0"));
    assertThat(look().uuids()).containsExactly("GPU-1");
    assertThatThrownBy(this::look)
        .hasMessageContaining("of a time that is not after its answer before");
    assertThat(look().uuids())
        .as("a Prometheus whose clock was set back is asked on")
        .containsExactly("GPU-1");
    unused = VECTOR.formatted(series("GPU-1", 6, "0"));
    assertThat(look().uuids()).containsExactly("GPU-1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"metric\":{\"UUID\":\"G\"},\"value\":[5,\"NaN\"]}    | a value (NaN) is no finite"
            + " number",
        "{\"metric\":{\"UUID\":\"G\"},\"value\":[5,\"-Inf\"]}   | a value (-Inf) is no finite"
            + " number",
        "{\"metric\":{\"UUID\":\"G\"},\"value\":[5,\"-1\"]}     | GPU G has the value",
        "{\"metric\":{\"UUID\":\"G\"},\"value\":[\"x\",\"0\"]}  | GPU G has the value",
        "{\"metric\":{\"UUID\":\"G\"},\"value\":[5,\"0.5\"]}    | GPU G is unused and busy (0.5)",
        "{\"metric\":{\"UUID\":\"G\"}}                          | a value () is no finite number",
      })
  void nonsenseIsRefusedAsAWhole(String series, String problem) {
    unused = VECTOR.formatted(series("GPU-1", 5, "0") + "," + series);
    assertThatThrownBy(this::look).hasMessageContaining(problem);
  }

  @Test
  void twoValuesOfOneGpuAreRefused() {
    unused = VECTOR.formatted(series("GPU-1", 5, "0") + "," + series("GPU-1", 5, "0"));
    assertThatThrownBy(this::look).hasMessageContaining("two values of GPU GPU-1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}",
        "[]",
        "<html>",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\"}}"
      })
  void whatIsNoAnswerOfAPrometheusIsRefused(String answer) {
    unused = answer;
    assertThatThrownBy(this::look).hasRootCauseInstanceOf(IOException.class);
  }

  @Test
  void anErrorIsToldWithItsText() {
    status = 503;
    unused = "too busy";
    assertThatThrownBy(this::look).hasMessageContaining("answers with 503: too busy");
  }

  @Test
  void onePrometheusThatHangsHoldsUpNoOtherQuestion() throws Exception {
    hangs = true;
    assertThatThrownBy(this::look).hasMessageContaining("timeout");
    hangs = false;
    end.countDown();
    unused = VECTOR.formatted(series("GPU-1", 5, "0"));
    assertThat(look().uuids()).containsExactly("GPU-1");
  }

  @Test
  void aPrometheusThatIsNotThereIsSaidSo() {
    server.stop(0);
    assertThatThrownBy(this::look).hasMessageContaining("Failed to connect");
  }

  @Test
  void promtoolTriesTheQueriesThatPrometheusIsAsked() throws IOException {
    String tried = Files.readString(Path.of("src/test/resources/monitoring/idle-pods.yaml"));
    assertThat(tried)
        .contains("expr: '" + PrometheusFigures.unused(HALF_AN_HOUR) + "'")
        .contains("expr: '" + PrometheusFigures.instances(HALF_AN_HOUR) + "'");
  }
}
