package gpu.kerf.extender.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.settings.Settings.Answer;
import gpu.kerf.extender.settings.Settings.Level;
import gpu.kerf.model.cost.Price;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SettingsSourceTest {
  @TempDir Path folder = Path.of("");
  private Vertx vertx = Vertx.vertx();

  @BeforeEach
  void start() {
    vertx = Vertx.vertx();
  }

  @AfterEach
  void stop() {
    Await.value(vertx.close());
  }

  @Test
  void withNothingGivenTheDefaultsHold() {
    assertThat(read(null, Map.of())).isEqualTo(Settings.defaults());
  }

  @Test
  void theExampleFileIsTheDefaults() {
    assertThat(read(SettingsWriter.example(), Map.of())).isEqualTo(Settings.defaults());
  }

  @Test
  void theFileOverridesTheDefaultsTheEnvironmentTheFileAndTheCommandLineAll() {
    String yaml = "limits: {body: 1MiB, inFlight: 1, connections: 1}";
    Map<String, String> environment =
        Map.of("KERF_LIMITS_IN_FLIGHT", "2", "KERF_LIMITS_CONNECTIONS", "2");

    Settings.Limits limits = read(yaml, environment, "limits.connections=3").limits();

    assertThat(limits.body()).isEqualTo(ByteCount.mib(1));
    assertThat(limits.inFlight()).isEqualTo(2);
    assertThat(limits.connections()).isEqualTo(3);
    assertThat(limits.idle()).isEqualTo(Settings.defaults().limits().idle());
  }

  @Test
  void everyKindOfValueIsRead() {
    Settings settings =
        read(
            """
            listen: {host: 127.0.0.1, port: 0, insecure: true}
            limits: {arrival: 1500ms, idle: 3m, body: 65536}
            scheduling: {answer: all}
            cost: {currency: USD, prices: {H100-80GB: 2.5, A100-40GB: "1.000001"}, defaultPrice: 0.10}
            log: {level: warn, levels: {gpu.kerf.extender.verb: debug}, format: json}
            """,
            Map.of());

    assertThat(settings.listen().insecure()).isTrue();
    assertThat(settings.limits().arrival()).isEqualTo(Duration.ofMillis(1500));
    assertThat(settings.limits().idle()).isEqualTo(Duration.ofMinutes(3));
    assertThat(settings.limits().body()).isEqualTo(ByteCount.kib(64));
    assertThat(settings.scheduling().answer()).isEqualTo(Answer.ALL);
    assertThat(settings.cost().currency()).isEqualTo("USD");
    assertThat(settings.cost().prices())
        .isEqualTo(Map.of("H100-80GB", new Price(2_500_000), "A100-40GB", new Price(1_000_001)));
    assertThat(settings.cost().list().of("L4")).isEqualTo(new Price(100_000));
    assertThat(settings.log().levels()).isEqualTo(Map.of("gpu.kerf.extender.verb", Level.DEBUG));
  }

  @Test
  void mapsAreReadFromTheEnvironmentAndTheCommandLineToo() {
    Settings settings =
        read(
            null,
            Map.of("KERF_COST_PRICES", "H100-80GB=2.5, A100-40GB=1.1"),
            "cost.prices.A100-40GB=1.2",
            "log.levels.gpu.kerf=trace");

    assertThat(settings.log().levels()).isEqualTo(Map.of("gpu.kerf", Level.TRACE));
    assertThat(settings.cost().prices()).containsEntry("A100-40GB", new Price(1_200_000));
  }

  @Test
  void sectionsOfWhichOnlyCommentsAreLeftAreTheDefaults() {
    assertThat(read("limits:\n  # body: 1MiB\nlog:\n", Map.of())).isEqualTo(Settings.defaults());
  }

  @Test
  void everyProblemIsReportedAtOnceWithWhoWroteIt() {
    String yaml = "limits: {body: 12cats, inFlight: 0}\nlisen: {port: 1}";
    Map<String, String> environment = Map.of("KERF_STOP_DRAIN", "10");

    List<SettingProblem> problems = problems(yaml, environment, "listen.port=99999", "listen");

    assertThat(problems)
        .extracting(SettingProblem::path)
        .containsExactlyInAnyOrder(
            "limits.body", "limits.inFlight", "lisen", "stop.drain", "listen.port", "listen");
    assertThat(problems)
        .extracting(SettingProblem::from)
        .containsExactlyInAnyOrder(
            folder.resolve("kerf.yaml").toString(),
            folder.resolve("kerf.yaml").toString(),
            folder.resolve("kerf.yaml").toString(),
            "KERF_STOP_DRAIN",
            "--set",
            "--set");
  }

  /** What is written, and what the answer must contain. */
  static Stream<Arguments> nonsense() {
    return Stream.of(
        Arguments.of("limit: {}", "limit ({}, from", "Did you mean limits?"),
        Arguments.of("limits: {max-in-flight: 3}", "is no setting", "Known here: body, allBodies"),
        Arguments.of("limits: {in_flight: 3}", "is no setting", "Did you mean limits.inFlight?"),
        Arguments.of("inFlight: 3", "is no setting", "Did you mean limits.inFlight?"),
        Arguments.of("listen: 8088", "is a group of settings", "listen (8088"),
        Arguments.of("listen: {port: eighty}", "is not a whole number", "Write 0 to 65535."),
        Arguments.of("listen: {port: 80.5}", "is not a whole number", "80.5"),
        Arguments.of("listen: {port: -1}", "is out of range", "Write 0 to 65535."),
        Arguments.of("listen: {port: [1, 2]}", "is not a whole number", "[1,2]"),
        Arguments.of("listen: {console: maybe}", "is not true or false", "maybe"),
        Arguments.of("limits: {idle: 120}", "a time with its unit", "120"),
        Arguments.of("limits: {idle: 99999999999d}", "limits.idle", ""),
        Arguments.of("limits: {body: 99999999999GiB}", "an amount of memory", ""),
        Arguments.of("limits: {body: -1}", "an amount of memory", ""),
        Arguments.of("scheduling: {answer: winer}", "is not one of winners, all", "winer"),
        Arguments.of("cost: {prices: {H100-80GB: NaN}}", "is not a price", "cost.prices.H100-80GB"),
        Arguments.of("cost: {prices: {H100-80GB: -2}}", "is not a price", "Write 0 to 1000000."),
        Arguments.of("cost: {prices: {L4: 0.0000001}}", "of at most 6 decimals", "cost.prices.L4"),
        Arguments.of("cost: {prices: {L4: 1000001}}", "is not a price", "Write 0 to 1000000."),
        Arguments.of("cost: {prices: {H100-8OGB: 2}}", "does not know", "Did you mean H100-80GB?"),
        Arguments.of("cost: {prices: {Voodoo2: 2}}", "does not know", "docs/reference/hardware.md"),
        Arguments.of("cost: {prices: [1]}", "is not a list of names with values", ""),
        Arguments.of("cost: {defaultPrice: much}", "is not a price", "cost.defaultPrice"),
        Arguments.of("cost: {currency: euro}", "is not the code of a currency", "EUR or USD"),
        Arguments.of("prices: {L4: 1}", "is no setting", "Did you mean cost.prices?"),
        Arguments.of("listen: {host: 0.0.0.0}", "can be reached from other machines", "insecure"),
        Arguments.of("listen: {host: gpu-a}", "can be reached from other machines", "tls."),
        Arguments.of("observe: {access: all}", "is not one of token, open", "observe.access"),
        Arguments.of("stream: {buffer: 3}", "is out of range", "Write 16 to 1000000"),
        Arguments.of("stream: {source: a b}", "is no URI", "/kerf/berlin"),
        Arguments.of("stream: {sink: {url: kafka:9092}}", "is no address of an HTTP", "http://"),
        Arguments.of(
            "stream: {sink: {url: 'http://u:p@x'}}", "is no address of an HTTP", "http://"),
        Arguments.of("stream: {sink: {topic: a/b}}", "is no name of a topic", "hyphens"),
        Arguments.of("stream: {sink: {format: avro}}", "is not one of cloudevents", "kafka_bridge"),
        Arguments.of("observe: {host: 0.0.0.0, port: 8880}", "is where the verbs are", "8881"),
        Arguments.of("tls: {certificate: a.pem}", "tls.key", "belong together"),
        Arguments.of("tls: {key: a.pem}", "tls.certificate", "belong together"),
        Arguments.of("tls: {clientAuthorities: ca.pem}", "means nothing without", "tls.key"),
        Arguments.of("limits: {allBodies: 1MiB}", "is less than limits.body (16MiB)", ""),
        Arguments.of("limits: {body: 1MiB, body: 2MiB}", "line 1, column", "uplicate"),
        Arguments.of("a: 1\n---\nb: 2", "more than one YAML document", ""),
        Arguments.of("- a\n- b", "is not a tree of settings", ""),
        Arguments.of("limits: {body: 1MiB", "line ", "column"));
  }

  @ParameterizedTest
  @MethodSource("nonsense")
  void nonsenseIsRefusedWithWhatToWriteInstead(String yaml, String expected, String alsoExpected) {
    List<SettingProblem> problems = problems(yaml, Map.of());

    assertThat(problems).hasSize(1);
    assertThat(problems.get(0).toString()).contains(expected).contains(alsoExpected);
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    Path missing = folder.resolve("missing.yaml");
    SettingsException refused =
        catchThrowableOfType(
            SettingsException.class,
            () -> Await.value(new SettingsSource(vertx, missing, Map.of(), List.of()).read()));

    assertThat(refused).hasMessageContaining(missing + " does not exist.");
  }

  @Test
  void aMisspelledVariableIsRefusedWithTheNearestOne() {
    assertThat(problems(null, Map.of("KERF_LIMIT_BODY", "1MiB")))
        .singleElement()
        .extracting(SettingProblem::hint)
        .isEqualTo("Did you mean KERF_LIMITS_BODY?");
  }

  @Test
  void variablesThatKubernetesSetsForAServiceCalledKerfAreNoSettings() {
    Map<String, String> serviceLinks =
        Map.of(
            "KERF_SERVICE_HOST", "10.0.0.1",
            "KERF_SERVICE_PORT", "8088",
            "KERF_SERVICE_PORT_HTTPS", "8088",
            "KERF_PORT", "tcp://10.0.0.1:8088",
            "KERF_PORT_8088_TCP_ADDR", "10.0.0.1",
            "KERF_WEBHOOK_SERVICE_HOST", "10.0.0.2",
            "KERF_WEBHOOK_PORT_443_TCP_PROTO", "tcp",
            "KERF_JAVA_OPTS", "-Xmx1g");

    assertThat(read(null, serviceLinks)).isEqualTo(Settings.defaults());
  }

  private Settings read(@Nullable String yaml, Map<String, String> env, String... sets) {
    return Await.value(source(yaml, env, sets).read());
  }

  private List<SettingProblem> problems(
      @Nullable String yaml, Map<String, String> env, String... sets) {
    return catchThrowableOfType(SettingsException.class, () -> read(yaml, env, sets)).problems();
  }

  private SettingsSource source(@Nullable String yaml, Map<String, String> env, String... sets) {
    Path file = folder.resolve("kerf.yaml");
    if (yaml == null) {
      return new SettingsSource(vertx, null, env, List.of(sets));
    }
    try {
      Files.writeString(file, yaml);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    return new SettingsSource(vertx, file, env, List.of(sets));
  }
}
