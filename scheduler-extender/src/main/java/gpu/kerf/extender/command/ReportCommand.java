package gpu.kerf.extender.command;

import gpu.kerf.extender.cost.HttpText;
import gpu.kerf.extender.cost.PrometheusSeries;
import gpu.kerf.extender.cost.PrometheusUsage;
import gpu.kerf.extender.cost.RecordedUsage;
import gpu.kerf.extender.cost.ReportException;
import gpu.kerf.extender.cost.ReportFormat;
import gpu.kerf.extender.cost.ReportQuery;
import gpu.kerf.extender.cost.ReportRun;
import gpu.kerf.extender.cost.ReportSpan;
import gpu.kerf.extender.service.Vertxes;
import gpu.kerf.extender.settings.SettingsException;
import gpu.kerf.extender.settings.SettingsSource;
import gpu.kerf.model.cost.CostReport;
import gpu.kerf.model.cost.CostRows;
import gpu.kerf.model.cost.PriceList;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kerf report}: what teams used, and what it costs. */
@Command(
    name = "report",
    description = {
      "Says how many GPU hours were used, and what they cost.",
      "",
      "It asks a running Kerf (--url), reads records that GET /api/v1/usage wrote (--file), or asks"
          + " a Prometheus for GPU hours of the past (--prometheus). The rows of each GPU and hour"
          + " add up exactly to its price: what was held, what was free, and what was stranded,"
          + " which stands at the owner whose placement was the cause.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  kerf report --url http://127.0.0.1:8880 --from 2026-11-01 --to 2026-12-01",
      "  kerf report --file usage.jsonl --by owner --format focus --settings kerf.yaml"
    },
    mixinStandardHelpOptions = true)
public final class ReportCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--by",
      paramLabel = "WHAT",
      description = "A line for each team, namespace, owner or model. Default: team.")
  private String by = "team";

  @Option(
      names = "--from",
      paramLabel = "TIME",
      description =
          "The first hour: a date (0:00 UTC) or a time with an offset. Default: the start of this"
              + " month.")
  private @Nullable String from;

  @Option(
      names = "--to",
      paramLabel = "TIME",
      description = "The end, which is not part of it. Default: now.")
  private @Nullable String to;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description =
          "table, csv, json, or focus (the FinOps Open Cost and Usage Specification, as CSV)."
              + " Default: table.")
  private String format = "table";

  @Option(names = "--json", description = "The same as --format json.")
  private boolean json;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "The running Kerf to ask, such as http://127.0.0.1:8880.")
  private @Nullable URI url;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "The bearer token to show to Kerf, if it asks for one.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "Records, a JSON object in each line, to read instead; - is stdin.")
  private @Nullable String file;

  @Option(
      names = "--prometheus",
      paramLabel = "URL",
      description = "The Prometheus to ask instead, by team, namespace or model.")
  private @Nullable URI prometheus;

  @Option(
      names = "--dcgm",
      paramLabel = "URL",
      description =
          "The Prometheus that scrapes NVIDIA's DCGM exporter, for what was held and idle.")
  private @Nullable URI dcgm;

  @Option(
      names = {"-c", "--settings", "--config"},
      paramLabel = "FILE",
      description = "The settings with the prices. Default: those of the records.")
  private @Nullable Path settings;

  @Option(
      names = {"-D", "--set"},
      paramLabel = "PATH=VALUE",
      description = "One setting, such as cost.prices.L4=0.60; it overrides the file.")
  private List<String> assignments = new ArrayList<>();

  @Override
  public Integer call() throws IOException {
    try {
      report();
      return 0;
    } catch (ReportException | IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    } catch (SettingsException e) {
      e.problems().forEach(problem -> spec.commandLine().getErr().println("kerf: " + problem));
      return 1;
    } catch (ArithmeticException e) {
      throw new IOException("The sums are too large to be counted. Ask for less at once.", e);
    }
  }

  private void report() throws IOException, ReportException {
    ReportFormat how = ReportQuery.word(ReportFormat.class, "--format", json ? "json" : format);
    CostReport.By what = ReportQuery.word(CostReport.By.class, "--by", by);
    ReportSpan span =
        ReportSpan.of(from, to, Instant.now(), new ReportSpan.Names("--from", "--to"));
    ReportQuery query = new ReportQuery(what, how, span);
    if (Stream.of(url, file, prometheus).filter(each -> each != null).count() != 1) {
      throw new ReportException(
          "The report has to come from one place.", "Write one of --url, --file and --prometheus.");
    }
    if (prometheus != null) {
      print(
          new PrometheusUsage(new PrometheusSeries(prometheus))
              .report(query, prices(null), this::note));
    } else if (url != null && dcgm == null && !ownPrices()) {
      copy(url, "/api/v1/report?by=" + by + "&format=" + word(how) + "&" + bounds(span));
    } else {
      print(query, records(span));
    }
  }

  private static String word(ReportFormat format) {
    return format.name().toLowerCase(Locale.ROOT);
  }

  private static String bounds(ReportSpan span) {
    return "from="
        + Instant.ofEpochMilli(span.fromMillis())
        + "&to="
        + Instant.ofEpochMilli(span.toMillis());
  }

  private boolean ownPrices() {
    return settings != null || !assignments.isEmpty();
  }

  private RecordedUsage records(ReportSpan span) throws IOException, ReportException {
    RecordedUsage recorded = new RecordedUsage();
    URI asked = url;
    if (asked != null) {
      read(recorded, asked.toString(), kerf(asked).get("/api/v1/usage?" + bounds(span)));
    } else if ("-".equals(file)) {
      read(recorded, "stdin", System.in);
    } else {
      read(recorded, String.valueOf(file), open(String.valueOf(file)));
    }
    if (dcgm != null) {
      new PrometheusUsage(new PrometheusSeries(dcgm)).addBusyTimes(span, recorded);
    }
    return recorded;
  }

  private static InputStream open(String file) throws IOException {
    try {
      return Files.newInputStream(Path.of(file));
    } catch (NoSuchFileException e) {
      throw new IOException("There is no file " + file + ".", e);
    }
  }

  private static void read(RecordedUsage to, String name, InputStream from) throws IOException {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
      to.read(name, lines);
    }
  }

  private HttpText kerf(URI where) throws IOException {
    Path token = tokenFile;
    String shown = token == null ? null : InputFile.text(token.toString()).strip();
    return new HttpText(where, "Kerf", PATIENCE, shown);
  }

  private void copy(URI where, String path) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    try (Reader text = new InputStreamReader(kerf(where).get(path), StandardCharsets.UTF_8)) {
      text.transferTo(out);
    }
    out.flush();
  }

  private void print(ReportQuery query, RecordedUsage recorded) {
    ReportRun run =
        new ReportRun(
            query,
            prices(recorded.prices()),
            PrometheusUsage.busy(recorded),
            recorded.completeSince());
    PrintWriter out = spec.commandLine().getOut();
    ReportSpan span = query.span();
    for (long hour = span.fromMillis(); hour < span.toMillis(); hour += CostRows.HOUR_MILLIS) {
      out.print(run.hour(CostRows.Hour.of(hour, recorded, recorded)));
    }
    print(run.end());
  }

  private void print(String text) {
    spec.commandLine().getOut().print(text);
    spec.commandLine().getOut().flush();
  }

  private void note(String what) {
    spec.commandLine().getErr().println("kerf report: note: " + what);
    spec.commandLine().getErr().flush();
  }

  /** Those of the settings if there are any, or else those of the records. */
  private PriceList prices(@Nullable PriceList recorded) {
    if (recorded != null && !ownPrices()) {
      return recorded;
    }
    Vertx vertx = Vertxes.small();
    try {
      SettingsSource source = new SettingsSource(vertx, settings, System.getenv(), assignments);
      return Vertxes.await(source.read()).cost().list();
    } finally {
      Vertxes.close(vertx);
    }
  }
}
