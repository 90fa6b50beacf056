package gpu.kerf.extender.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.cost.RecordedUsage;
import gpu.kerf.extender.cost.UsageAsSeen;
import gpu.kerf.extender.cost.UsageRecords;
import gpu.kerf.model.cost.GpuHour;
import gpu.kerf.model.cost.Price;
import gpu.kerf.model.cost.PriceList;
import gpu.kerf.model.usage.UsageCell;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code /api/v1/usage} and {@code /api/v1/report}, from records that a test has. */
class ReportRoutesTest {
  private static final long HOUR = 3_600_000;
  private static final long START = Instant.parse("2026-11-30T00:00:00Z").toEpochMilli();
  private static final PriceList EUR =
      new PriceList("EUR", Map.of("H100-80GB", Price.parse("3.2")), Price.ZERO);

  private final List<UsageCell> cells = new ArrayList<>();
  private final List<GpuHour> gpus = new ArrayList<>();
  private final HttpClient http = HttpClient.newHttpClient();
  private final TestService service = TestService.with(this::api);

  private Api api(Vertx vertx) {
    UsageRecords records =
        new UsageRecords(
            (from, to, each) ->
                cells.stream()
                    .filter(cell -> cell.hourStartMillis() >= from && cell.hourStartMillis() < to)
                    .forEach(each),
            (from, to, each) ->
                gpus.stream()
                    .filter(gpu -> gpu.hourStartMillis() >= from && gpu.hourStartMillis() < to)
                    .forEach(each),
            () -> START + HOUR,
            () -> EUR,
            () -> START + 5 * HOUR / 2);
    return new Api() {
      @Override
      public void addTo(Routes routes, ErrorAnswers refusals, Gate gate) {
        new ReportRoutes(vertx, records, ReportRoutesTest::seen).addTo(routes, refusals);
      }

      @Override
      public void start() {}

      @Override
      public void close() {}
    };
  }

  /** A client that says it is of a team sees no others. */
  private static Predicate<UsageCell.Key> seen(RoutingContext call) {
    String team = call.request().getHeader("Test-Team");
    return team == null ? UsageAsSeen.ALL : key -> key.team().equals(team);
  }

  @AfterEach
  void close() {
    service.close();
  }

  private HttpResponse<String> get(String path) {
    try {
      HttpRequest request = HttpRequest.newBuilder(URI.create(service.url(path))).build();
      return http.send(request, BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void hour(int hour, int owners) {
    for (int i = 0; i < owners; i++) {
      UsageCell.Key key = new UsageCell.Key("team-" + i % 7, "ns", "Job/" + i, "H100-80GB", "mps");
      cells.add(new UsageCell(START + hour * HOUR, key, "GPU-" + i / 4, 250 * HOUR, HOUR));
    }
    for (int gpu = 0; gpu < owners / 4; gpu++) {
      gpus.add(new GpuHour(START + hour * HOUR, "GPU-" + gpu, "H100-80GB", HOUR, List.of()));
    }
  }

  @Test
  void aReportAddsUp() throws IOException {
    hour(0, 8);
    hour(1, 4);

    HttpResponse<String> answer = get("/api/v1/report?by=team");

    JsonNode json = new ObjectMapper().readTree(answer.body());
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
    assertThat(json.path("from").asText()).isEqualTo("2026-11-01T00:00:00Z");
    assertThat(json.path("to").asText()).isEqualTo("2026-11-30T03:00:00Z");
    assertThat(json.path("completeSince").asText()).isEqualTo("2026-11-30T01:00:00Z");
    // Three GPU hours.
    assertThat(json.at("/sum/cost").asText()).isEqualTo("9.600000");
    assertThat(json.at("/lines/0/name").asText()).isEqualTo("team-0");
    assertThat(json.at("/lines/0/cost").asText()).isEqualTo("2.400000");
  }

  @Test
  void aClientSeesNoNamesOfOthersButTheSameSums() throws IOException {
    hour(0, 8);
    UsageCell.Key cause = new UsageCell.Key("team-5", "ns", "Job/5", "H100-80GB", "mps");
    gpus.add(
        new GpuHour(
            START, "GPU-7", "H100-80GB", HOUR, List.of(new GpuHour.Stranded(cause, 100 * HOUR))));

    for (String path :
        List.of("report?by=team", "report?by=owner", "report?format=focus", "usage")) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(service.url("/api/v1/" + path)))
              .header("Test-Team", "team-1")
              .build();
      String text = body(request);
      assertThat(text).doesNotContain("team-0", "team-5", "Job/5").contains("another ");
    }
    String json =
        body(
            HttpRequest.newBuilder(URI.create(service.url("/api/v1/report")))
                .header("Test-Team", "team-1")
                .build());
    JsonNode lines = new ObjectMapper().readTree(json).path("lines");
    assertThat(lines.findValuesAsText("name")).containsExactly("another team", "team-1");
    assertThat(new ObjectMapper().readTree(json).at("/sum/cost").asText()).isEqualTo("9.600000");
  }

  private String body(HttpRequest request) {
    try {
      return http.send(request, BodyHandlers.ofString()).body();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatUsageAnswersCanBeReadAgain() throws IOException {
    hour(0, 40);
    hour(2, 4_000);

    HttpResponse<String> answer = get("/api/v1/usage?from=2026-11-30");

    assertThat(answer.headers().firstValue("Content-Type")).contains("application/x-ndjson");
    RecordedUsage read = new RecordedUsage();
    read.read("the answer", new BufferedReader(new StringReader(answer.body())));
    List<UsageCell> readCells = new ArrayList<>();
    List<GpuHour> readGpus = new ArrayList<>();
    read.cells(START, START + 3 * HOUR, readCells::add);
    read.hours(START, START + 3 * HOUR, readGpus::add);
    assertThat(readCells).containsExactlyInAnyOrderElementsOf(cells);
    assertThat(readGpus).containsExactlyInAnyOrderElementsOf(gpus);
    assertThat(read.prices()).isEqualTo(EUR);
    assertThat(read.completeSince()).isEqualTo(START + HOUR);
  }

  @Test
  void aReportOfYearsWithFewRecordsIsAnswered() {
    hour(0, 4);

    assertThat(get("/api/v1/report?from=2022-01-01&format=table").body())
        .contains(
            "sum", "3.20", "Usage before 2026-11-30T01:00:00Z is that of pods that still ran");
  }

  @Test
  void aClientThatGoesAwayEndsItsReport() {
    hour(0, 4);
    for (int i = 0; i < 8; i++) {
      http.sendAsync(
              HttpRequest.newBuilder(URI.create(service.url("/api/v1/report"))).build(),
              BodyHandlers.ofString())
          .cancel(true);
    }

    assertThat(get("/api/v1/report").statusCode()).isIn(200, 503);
    Await.until("reports are made again", () -> get("/api/v1/report").statusCode() == 200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "by=pod | by (pod) is unknown. | team, namespace, owner, model",
        "format=xml | format (xml) is unknown. | table, csv, json, focus",
        "from=yesterday | from (yesterday) is no date | 2026-11-01T08:00:00",
        "from=2026-11-30T00:30:00Z | is not the start of an hour | 2026-11-30T00:00:00Z",
        "from=2026-11-02&to=2026-11-01 | ends (2026-11-01T00:00:00Z) before | Write from before to",
        "from=0001-01-01 | is about more than 1830 days | Ask for less",
        "to=%2B999999999-12-31T00:00:00Z | is no date | Write it like"
      })
  void nonsenseIsRefused(String query, String what, String hint) throws IOException {
    HttpResponse<String> answer = get("/api/v1/report?" + query);

    JsonNode error = new ObjectMapper().readTree(answer.body()).path("error");
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(error.path("what").asText()).contains(what);
    assertThat(error.path("hint").asText()).contains(hint);
  }

  @Test
  void sumsThatAreTooLargeAreSaid() {
    hour(0, 4);
    cells.add(
        new UsageCell(
            START,
            new UsageCell.Key("t", "n", "o", "H100-80GB", "mps"),
            "GPU-9",
            1,
            Long.MAX_VALUE));

    assertThat(get("/api/v1/report").body()).contains("too large to be counted");
  }
}
