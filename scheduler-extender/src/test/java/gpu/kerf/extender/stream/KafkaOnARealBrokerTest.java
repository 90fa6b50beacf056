package gpu.kerf.extender.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.Ports;
import gpu.kerf.extender.controlplane.Program;
import gpu.kerf.extender.telemetry.Metrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Events on their way through Strimzi's HTTP bridge into a Kafka broker, and out of it again.
 * {@code src/test/kafka/prepare.sh} gets both; without {@code -Dkerf.kafka.dir} this is skipped.
 */
class KafkaOnARealBrokerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RECORDS = "application/vnd.kafka.json.v2+json";
  private static final String COMMANDS = "application/vnd.kafka.v2+json";
  private static final String TOPIC = "kerf-events";
  private static final Path KAFKA = Path.of(System.getProperty("kerf.kafka.dir", "none"));

  @TempDir Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Metrics metrics = new Metrics();
  private final EventLog log = new EventLog("run", 10_000, () -> 5, metrics);
  private final int brokerPort = Ports.free();
  private final int controllerPort = Ports.free();
  private final int bridgePort = Ports.free();
  private Program broker;
  private Program bridge;
  private EventSink sink;

  @BeforeEach
  void startABrokerABridgeAndTheSink() throws Exception {
    assumeTrue(
        Files.exists(KAFKA.resolve("bridge/classpath")),
        "Kafka not found: -Dkerf.kafka.dir names no folder that src/test/kafka/prepare.sh has"
            + " filled");
    Files.writeString(folder.resolve("broker.properties"), brokerProperties());
    Files.writeString(folder.resolve("bridge.properties"), bridgeProperties());
    Process format =
        new ProcessBuilder(
                java(
                    "broker",
                    "kafka.tools.StorageTool",
                    "format",
                    "-t",
                    "4L6g3nShT-eMCtK--X86sw",
                    "-c",
                    "" + folder.resolve("broker.properties")))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("format.log").toFile())
            .start();
    assertThat(format.waitFor(Await.LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
    broker = broker();
    bridge =
        Program.start(
            folder.resolve("bridge.log"),
            Map.of(),
            java(
                "bridge",
                "io.strimzi.kafka.bridge.Application",
                "--config-file=" + folder.resolve("bridge.properties")));
    Await.until("the bridge listens", () -> status("/ready") == 204);
    Await.until("the topic takes records", this::takesARecord);
    sink =
        new EventSink(
            log,
            new EventJson("/kerf", log.run()),
            new SinkOptions(
                URI.create("http://127.0.0.1:" + bridgePort),
                SinkOptions.Format.KAFKA_BRIDGE,
                TOPIC,
                50,
                Duration.ofSeconds(20)),
            () -> 5,
            metrics);
  }

  @AfterEach
  void stop() {
    if (sink != null) {
      sink.stop();
      bridge.kill();
      broker.kill();
    }
  }

  private Program broker() {
    return Program.start(
        folder.resolve("broker.log"),
        Map.of(),
        java("broker", "kafka.Kafka", "" + folder.resolve("broker.properties")));
  }

  private static List<String> java(String what, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx256m");
    command.add("-cp");
    try {
      command.add(Files.readString(KAFKA.resolve(what + "/classpath")));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    command.addAll(List.of(arguments));
    return command;
  }

  private String brokerProperties() {
    return """
    process.roles=broker,controller
    node.id=1
    controller.quorum.voters=1@127.0.0.1:%2$d
    listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
    advertised.listeners=PLAINTEXT://127.0.0.1:%1$d
    controller.listener.names=CONTROLLER
    log.dirs=%3$s
    offsets.topic.replication.factor=1
    group.initial.rebalance.delay.ms=0
    """
        .formatted(brokerPort, controllerPort, folder.resolve("data"));
  }

  /** The bridge as manifests/kafka/bridge.yaml has it, but that Kafka is waited for less long. */
  private String bridgeProperties() {
    return """
    bridge.id=of-tests
    kafka.bootstrap.servers=127.0.0.1:%d
    kafka.producer.acks=all
    kafka.producer.max.block.ms=5000
    kafka.producer.delivery.timeout.ms=5000
    kafka.producer.request.timeout.ms=4000
    kafka.producer.linger.ms=0
    kafka.consumer.auto.offset.reset=earliest
    http.host=127.0.0.1
    http.port=%d
    http.consumer.enabled=true
    http.producer.enabled=true
    """
        .formatted(brokerPort, bridgePort);
  }

  private HttpResponse<String> send(String method, String path, String type, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + bridgePort + path))
            .header("Content-Type", type)
            .header("Accept", type)
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    try {
      return http.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private int status(String path) {
    try {
      return send("GET", path, COMMANDS, "").statusCode();
    } catch (UncheckedIOException e) {
      return 0;
    }
  }

  /** The first record of a topic makes it, which takes a while. */
  private boolean takesARecord() {
    String record = "{\"records\":[{\"key\":\"first\",\"value\":{}}]}";
    return send("POST", "/topics/" + TOPIC, RECORDS, record).body().contains("\"offset\"");
  }

  private double sent() {
    return metric("kerf_stream_sent_total");
  }

  private double metric(String series) {
    return metrics
        .scrape("")
        .text()
        .lines()
        .filter(line -> line.startsWith(series))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private void add(int events) {
    for (int i = 0; i < events; i++) {
      log.add(
          i % 2 == 0 ? SampleEvents.window() : SampleEvents.bound("research", "train-" + i % 7));
    }
  }

  /** A record of the topic. */
  private record Arrived(String key, JsonNode event) {
    String id() {
      return event.path("id").asText();
    }
  }

  /** What a consumer gets that begins with the oldest record, until it has so many events. */
  private List<Arrived> consumed(int events) throws IOException {
    String group = "/consumers/tests";
    send("POST", group, COMMANDS, "{\"name\":\"one\",\"format\":\"json\"}");
    String consumer = group + "/instances/one";
    assertThat(
            send("POST", consumer + "/subscription", COMMANDS, "{\"topics\":[\"" + TOPIC + "\"]}")
                .statusCode())
        .isEqualTo(204);
    List<Arrived> all = new ArrayList<>();
    Set<String> ids = new LinkedHashSet<>();
    Await.until(
        events + " events come out of Kafka",
        () -> {
          for (JsonNode each : records(send("GET", consumer + "/records", RECORDS, "").body())) {
            Arrived arrived = new Arrived(each.path("key").asText(), each.path("value"));
            if (!arrived.id().isEmpty()) {
              all.add(arrived);
              ids.add(arrived.id());
            }
          }
          return ids.size() >= events;
        });
    return all;
  }

  private static JsonNode records(String body) {
    try {
      return JSON.readTree(body);
    } catch (IOException e) {
      throw new AssertionError(body, e);
    }
  }

  private static List<String> ids(int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(number -> "run-" + number).toList();
  }

  @Test
  void everyEventArrivesWithItsKeyAlsoIfTheBrokerDiesMeanwhile() throws Exception {
    sink.start();
    add(200);
    Await.until("the first have been taken", () -> sent() >= 200);
    broker.kill();
    add(200);
    Await.until(
        "Kerf has noticed", () -> metric("kerf_stream_requests_total{outcome=\"failed\"") > 0);
    broker = broker();
    Await.until("the broker is back", () -> status("/topics/" + TOPIC) == 200);
    Await.until("all have been taken", () -> sent() >= 400);
    List<Arrived> arrived = consumed(400);
    Map<String, Arrived> first = new LinkedHashMap<>();
    arrived.forEach(each -> first.putIfAbsent(each.id(), each));
    List<String> ids = List.copyOf(first.keySet());
    assertThat(ids.subList(0, 200)).as("while all is well").isEqualTo(ids(1, 200));
    // Of a request in flight the bridge writes some records and gives up others, which come later.
    assertThat(ids.subList(200, 400)).containsExactlyInAnyOrderElementsOf(ids(201, 400));
    assertThat(first.values())
        .allSatisfy(
            each -> {
              assertThat(each.event().path("specversion").asText()).isEqualTo("1.0");
              assertThat(each.event().path("type").asText()).startsWith(EventData.PREFIX);
              assertThat(each.event().path("subject").asText()).endsWith("/" + each.key());
            });
  }
}
