package gpu.kerf.extender.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import gpu.kerf.extender.KerfCalls;
import gpu.kerf.extender.OnPath;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code kerf report} from files, from a Kerf and from a Prometheus; truthful ones and others. */
class ReportCommandTest {
  private static final Path PAGE = Path.of("../docs/explanation/cost.md");
  private static final String DAY = "--from=2026-11-30";

  private final KerfCalls kerf = new KerfCalls();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final List<HttpServer> servers = new ArrayList<>();
  @TempDir Path folder = Path.of("");

  @AfterEach
  void stop() {
    servers.forEach(server -> server.stop(0));
  }

  private static String block(String language, String marker) throws IOException {
    String page = Files.readString(PAGE);
    int begin = page.indexOf("```" + language + "\n" + marker) + language.length() + 4;
    return page.substring(begin, page.indexOf("```", begin));
  }

  private Path records() throws IOException {
    return Files.writeString(folder.resolve("usage.jsonl"), block("json", "{\"currency\""));
  }

  private int report(Path file, String... options) {
    List<String> words = new ArrayList<>(List.of("report", "--file", file.toString()));
    words.addAll(List.of(options));
    return kerf.call(words.toArray(String[]::new));
  }

  /** A server that answers everything with the same. */
  private String answering(int status, String body) {
    try {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext(
          "/",
          call -> {
            asked.add(
                call.getRequestURI() + " " + call.getRequestHeaders().getFirst("Authorization"));
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            call.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            call.getResponseBody().write(bytes);
            call.close();
          });
      server.start();
      servers.add(server);
      return "http://127.0.0.1:" + server.getAddress().getPort();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theExampleOfThePageIsWhatIsPrinted() throws IOException {
    assertThat(report(records(), DAY, "--to=2026-12-01")).isZero();

    assertThat(kerf.out()).isEqualTo(block("text", "From"));
    assertThat(kerf.err()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "team,fraud research,1.600000 0.720000",
    "namespace,fraud lab,1.600000 0.720000",
    "owner,fraud/Job/score lab/Job/train,1.600000 0.720000",
    "model,H100-80GB,6.400000"
  })
  void linesAreOfWhatIsAskedFor(String by, String names, String costs) throws IOException {
    assertThat(report(records(), DAY, "--by", by, "--json")).isZero();

    JsonObject json = new JsonObject(kerf.out());
    List<String> found = new ArrayList<>();
    List<String> cost = new ArrayList<>();
    for (Object line : json.getJsonArray("lines")) {
      found.add(((JsonObject) line).getString("name"));
      cost.add(((JsonObject) line).getString("cost"));
    }
    assertThat(found).containsExactly(names.split(" "));
    assertThat(cost).containsExactly(costs.split(" "));
    assertThat(json.getJsonObject("sum").getString("cost")).isEqualTo("6.400000");
  }

  @Test
  void otherPricesAndCurrenciesMayBeTried() throws IOException {
    Path settings =
        Files.writeString(
            folder.resolve("kerf.yaml"), "cost: {currency: USD, prices: {H100-80GB: 1}}");

    assertThat(report(records(), DAY, "--settings", settings.toString(), "--format=csv")).isZero();

    assertThat(kerf.out().lines().toList())
        .last()
        .isEqualTo(
            "sum,,0.156250,0.468750,0.100000,1.275000,50720.000000,0.156250,0.468750,0.100000,"
                + "1.275000,2.000000,USD");
  }

  @Test
  void recordsThatOverlapCountOnce() throws IOException {
    String lines = Files.readString(records());
    Path twice = Files.writeString(folder.resolve("twice.jsonl"), lines + lines);

    assertThat(report(twice, DAY, "--json")).isZero();

    assertThat(kerf.out()).contains("\"cost\":\"6.400000\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"hour\":1} | It is no record of usage",
        "{\"hour\":\"2026-11-30T00:30:00Z\",\"gpu\":\"g\",\"busyPermille\":1} | is not the start",
        "{\"hour\":\"2026-11-30T00:00:00Z\",\"gpu\":\"g\",\"busyPermille\":1001} | more than 1000",
        "{\"hour\":\"2026-11-30T00:00:00Z\",\"gpu\":\"g\",\"milliGpuMillis\":1} | model (",
        "{\"currency\":\"EUR\",\"prices\":{\"L4\":\"NaN\"}} | The price (NaN) is no price",
        "{\"hour\":\"2026-11-30T00:00:00Z\",\"gpu\":\"g\",\"model\":\"L4\",\"presentMillis\":-1}"
            + " | presentMillis (-1)",
        "<html> | It is not JSON",
        "{} {} | It is not JSON"
      })
  void aLineThatMakesNoSenseIsNamed(String line, String what) throws IOException {
    Path file = Files.writeString(folder.resolve("bad.jsonl"), "\n" + line + "\n");

    assertThat(report(file, DAY)).isEqualTo(1);

    assertThat(kerf.out()).isEmpty();
    assertThat(kerf.err()).contains("bad.jsonl, line 2: ", what);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "report | Write one of --url, --file and --prometheus",
        "report --file a --url http://b | Write one of --url, --file and --prometheus",
        "report --file a --by pod | --by (pod) is unknown",
        "report --file a --format xml | --format (xml) is unknown",
        "report --file a --from 2026-13-01 | --from (2026-13-01) is no date",
        "report --url ftp://kerf | is not one of HTTP",
        "report --prometheus http://b --by owner | Prometheus does not know the owners of pods",
        "report --prometheus http://b --format focus | FOCUS has a row for each GPU",
        "report --prometheus http://b --set cost.prices.L4=1 | has no model"
      })
  void wrongUsageIsSaid(String words, String what) {
    assertThat(kerf.call(words.split(" "))).isEqualTo(2);

    assertThat(kerf.err()).contains(what);
  }

  @Test
  void settingsThatAreWrongAreSaid() throws IOException {
    assertThat(report(records(), "--set=cost.prices.H100-80GB=NaN")).isEqualTo(1);

    assertThat(kerf.err()).contains("cost.prices.H100-80GB (NaN, from --set) is not a price");
  }

  @Test
  void aKerfThatRunsIsAskedForTheReport() throws IOException {
    Path token = Files.writeString(folder.resolve("token"), "secret\n");
    String url = answering(200, "the report\n");

    assertThat(
            kerf.call(
                "report",
                "--url",
                url,
                DAY,
                "--to=2026-12-01",
                "--by=owner",
                "--format=focus",
                "--token-file",
                token.toString()))
        .isZero();

    assertThat(kerf.out()).isEqualTo("the report\n");
    assertThat(asked)
        .containsExactly(
            "/api/v1/report?by=owner&format=focus&from=2026-11-30T00:00:00Z&to=2026-12-01T00:00:00Z"
                + " Bearer secret");
  }

  @Test
  void whatIsIdleIsTakenFromAPrometheusThatScrapesDcgm() throws IOException {
    String lines =
        Files.readString(records()).lines().filter(line -> !line.contains("busy")).toList().stream()
            .reduce("", (all, line) -> all + line + "\n");
    // At 01:00 for the hour before it: a quarter.
    String dcgm =
        answering(
            200, matrix("{\"metric\":{\"UUID\":\"GPU-1\"},\"values\":[[1796000400,\"0.25\"]]}"));

    String kerfUrl = answering(200, lines);
    assertThat(kerf.call("report", "--url", kerfUrl, "--dcgm", dcgm, DAY, "--to=2026-12-01"))
        .isZero();

    assertThat(kerf.out()).isEqualTo(block("text", "From"));
    assertThat(asked.get(0)).startsWith("/api/v1/usage?from=2026-11-30T00:00:00Z&to=2026-12-01");
  }

  private static String matrix(String... series) {
    return "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":["
        + String.join(",", series)
        + "]}}";
  }

  private static String team(String name, String... values) {
    List<String> pairs = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      pairs.add("[" + (1_796_000_400L + 3600L * i) + ",\"" + values[i] + "\"]");
    }
    return "{\"metric\":{\"team\":\"" + name + "\"},\"values\":[" + String.join(",", pairs) + "]}";
  }

  @Test
  void thePastOfTeamsIsTakenFromPrometheus() {
    String url = answering(200, matrix(team("fraud", "3600", "3600"), team("-", "5")));

    assertThat(
            kerf.call(
                "report",
                "--prometheus",
                url,
                DAY,
                "--to=2026-11-30T02:00:00Z",
                "--json",
                "--set=cost.defaultPrice=3.20"))
        .isZero();

    JsonObject json = new JsonObject(kerf.out());
    assertThat(json.getJsonArray("lines").getJsonObject(0).getString("name")).isEmpty();
    JsonObject fraud = json.getJsonArray("lines").getJsonObject(1);
    // 7200 s are two hours.
    assertThat(fraud.getJsonObject("held").getLong("milliGpuMillis")).isEqualTo(7_200_000_000L);
    assertThat(fraud.getString("cost")).isEqualTo("6.400000");
    assertThat(kerf.err())
        .contains("Prometheus does not know what was free or stranded.")
        .contains("what team (none) used in 1 of the hours since 2026-11-30T00:00:00Z");
  }

  private static String place(String namespace, String model, String... values) {
    return team("", values)
        .replace("\"team\":\"\"", "\"place\":\"" + namespace + "/" + model + "\"");
  }

  private JsonObject reported(String by, String... places) {
    String url = answering(200, matrix(places));
    assertThat(
            kerf.call(
                "report",
                "--prometheus",
                url,
                DAY,
                "--to=2026-11-30T02:00:00Z",
                "--json",
                "--by=" + by,
                "--set=cost.prices.H100-80GB=3.20",
                "--set=cost.defaultPrice=0.50"))
        .as(kerf.err())
        .isZero();
    return new JsonObject(kerf.out());
  }

  private static String[] places() {
    return new String[] {
      place("fraud", "H100-80GB", "3600", "3600"),
      place("fraud", "L4", "1800"),
      place("lab", "L4", "7200"),
    };
  }

  @Test
  void thePastOfNamespacesIsTakenFromPrometheusWithThePricesOfModels() {
    JsonObject fraud = reported("namespace", places()).getJsonArray("lines").getJsonObject(0);
    assertThat(fraud.getString("name")).isEqualTo("fraud");
    // Two hours of 3.20, and half of one of 0.50
    assertThat(fraud.getString("cost")).isEqualTo("6.650000");
  }

  @Test
  void thePastOfModelsIsTakenFromPrometheus() {
    JsonObject l4 = reported("model", places()).getJsonArray("lines").getJsonObject(1);
    assertThat(l4.getString("name")).isEqualTo("L4");
    // 1,800 and 7,200 seconds
    assertThat(l4.getJsonObject("held").getLong("milliGpuMillis")).isEqualTo(9_000_000_000L);
    assertThat(l4.getString("cost")).isEqualTo("1.250000");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "NaN | a value of fraud (NaN) is no finite number",
        "+Inf | a value of fraud (+Inf) is no finite number",
        "-5 | the GPU seconds of team fraud fall by 5 in the hour before 2026-11-30T02:00:00Z",
        "<b> | a value of fraud (<b>) is no finite number"
      })
  void aPrometheusThatLiesIsSaidAndNothingIsGuessed(String value, String what) {
    String url = answering(200, matrix(team("fraud", "100", value, "300")));

    assertThat(kerf.call("report", "--prometheus", url, DAY)).isEqualTo(1);

    assertThat(kerf.out()).isEmpty();
    assertThat(kerf.err()).contains(what, "No report is made of a part of the answer.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "200 | <html>login</html> | its answer is not JSON",
        "200 | {\"status\":\"success\",\"data\":{}} | its answer is no series of values",
        "200 |"
            + " {\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"values\":[[1,\"2\"]]}]}}"
            + " | it has a value of 1970-01-01T00:00:01Z, which was not asked for",
        "200 | {\"status\":\"error\",\"error\":\"parse error\"} | refuses the query",
        "503 | down | answers with 503: down",
        "302 | `` | answers with 302"
      })
  void whatIsNoPrometheusIsSaid(int status, String body, String what) {
    String url = answering(status, body);

    assertThat(kerf.call("report", "--prometheus", url, DAY)).isEqualTo(1);

    assertThat(kerf.out()).isEmpty();
    assertThat(kerf.err()).contains(what);
  }

  @Test
  void aPlaceWithoutAnswersIsSaid() {
    String url = answering(200, "");
    stop();

    assertThat(kerf.call("report", "--url", url)).isEqualTo(1);

    assertThat(kerf.err()).contains("Kerf does not answer at " + url, "Is the URL right?");
  }

  @Test
  void focusRowsOfAGpuHourAddUpToItsPrice() throws IOException {
    TreeMap<String, BigDecimal> sums = new TreeMap<>();
    List<String> lines = focus(records());
    List<String> heads = List.of(lines.get(0).split(","));
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split(",", -1);
      String place = cells[heads.indexOf("ResourceID")] + cells[heads.indexOf("ChargePeriodStart")];
      sums.merge(place, new BigDecimal(cells[heads.indexOf("BilledCost")]), BigDecimal::add);
    }

    assertThat(sums.values())
        .containsExactly(new BigDecimal("3.200000"), new BigDecimal("3.200000"));
  }

  private List<String> focus(Path file) {
    assertThat(report(file, DAY, "--to=2026-12-01", "--format=focus")).isZero();
    return kerf.out().lines().toList();
  }

  @Test
  void focusIsValidForItsOwnValidator() throws IOException {
    Path validator = OnPath.orSkip("focus-validator");
    focus(records());
    Path valid = Files.writeString(folder.resolve("valid.csv"), kerf.out());
    Path broken =
        Files.writeString(folder.resolve("broken.csv"), kerf.out().replace(",EUR,", ",ECU,"));

    assertThat(validate(validator, valid)).endsWith("Validation succeeded.");
    assertThat(validate(validator, broken)).contains("BillingCurrency").endsWith("failed!");
  }

  /** It has to run where it is installed, because there it looks for the codes of currencies. */
  private static String validate(Path validator, Path file) throws IOException {
    Path python = validator.resolveSibling("python");
    String packages =
        output(
            Path.of("."),
            List.of(
                python.toString(), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"));
    List<String> command =
        List.of(validator.toString(), "--data-file", file.toString(), "--validate-version", "1.0");
    return output(Path.of(packages), command);
  }

  private static String output(Path where, List<String> command) throws IOException {
    Process process =
        new ProcessBuilder(command).directory(where.toFile()).redirectErrorStream(true).start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }
}
