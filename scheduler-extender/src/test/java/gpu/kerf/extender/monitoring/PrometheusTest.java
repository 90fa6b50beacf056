package gpu.kerf.extender.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.Kerf;
import gpu.kerf.extender.OnPath;
import gpu.kerf.extender.api.BankOfTeams;
import gpu.kerf.extender.cluster.kubernetes.ServedCluster;
import gpu.kerf.extender.controlplane.Ports;
import gpu.kerf.extender.controlplane.Program;
import gpu.kerf.extender.http.TestCertificate;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.turn.TeamsCollector;
import gpu.kerf.extender.turn.TeamsPicture;
import gpu.kerf.extender.turn.TeamsSource;
import gpu.kerf.extender.turn.TurnCounts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real Prometheus scrapes a running {@code kerf demo}, and {@code kerf serve} with a certificate
 * on a small API server, which has what a simulated cluster has not. Beside them a stand-in for the
 * DCGM exporter says that every GPU is idle, and one for a cluster with teams has the metrics of a
 * bank.
 */
class PrometheusTest {
  private static final Pattern UUID = Pattern.compile("uuid=\"(GPU-[^\"]+)\"");

  private final HttpClient http = HttpClient.newHttpClient();
  private final int port = Ports.free();
  private final int demoPort = Ports.free();
  private final int webhookPort = Ports.free();

  @TempDir Path folder;

  @Test
  void everyPanelShowsSomethingAndEveryRuleHasSomethingToLookAt() throws IOException {
    Path prometheus = OnPath.orSkip("prometheus");
    TestCertificate certificate = TestCertificate.make(folder, "kerf", "RSA");
    Path pem = Files.writeString(folder.resolve("tls.crt"), certificate.certificatePem());
    Path key = Files.writeString(folder.resolve("tls.key"), certificate.keyPem());
    HttpServer dcgm = dcgm();
    HttpServer bank = bank();
    Program demo = demo();
    try (ServedCluster served =
        new ServedCluster(
            folder,
            List.of(
                "tls.certificate=" + pem,
                "tls.key=" + key,
                "admission.enabled=true",
                "admission.host=127.0.0.1",
                "admission.port=" + webhookPort,
                "admission.certificate=" + pem,
                "admission.key=" + key,
                "cluster.reconcile=10s",
                "audit.every=10s"))) {
      Program scraping = scrape(prometheus, served.port(), dcgm, bank);
      try {
        assertThat(withoutData(certificate)).isEmpty();
      } finally {
        scraping.kill();
      }
    } finally {
      demo.kill();
      dcgm.stop(0);
      bank.stop(0);
    }
  }

  /** What returns nothing however long one waits. */
  private List<String> withoutData(TestCertificate certificate) {
    Set<String> all = new LinkedHashSet<>();
    Monitoring.queries().forEach(query -> all.add(query.sent()));
    for (Monitoring.Rule rule : Monitoring.rules()) {
      if (rule.alert()) {
        all.addAll(Monitoring.selectors(rule.expression()));
      } else {
        all.add(rule.expression());
        all.add(rule.name());
      }
    }
    List<String> left = new ArrayList<>(all);
    HttpClient https = HttpClient.newBuilder().sslContext(certificate.trusting()).build();
    try {
      Await.until(
          "every query returns data",
          () -> {
            review(https);
            left.removeIf(this::returnsData);
            return left.isEmpty();
          });
    } catch (AssertionError late) {
      assertThat(left).as("Queries that returned nothing").isEmpty();
    }
    return left;
  }

  private boolean returnsData(String query) {
    String path = "/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8);
    try {
      JsonNode answer = new ObjectMapper().readTree(get(port, path));
      assertThat(answer.path("error").asText()).as(query).isEmpty();
      JsonNode result = answer.at("/data/result");
      for (JsonNode series : result) {
        if (!series.at("/value/1").asText().equals("NaN")) {
          return true;
        }
      }
      return false;
    } catch (IOException starting) {
      return false;
    }
  }

  private String get(int where, String path) throws IOException {
    URI uri = URI.create("http://127.0.0.1:" + where + path);
    try {
      return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Something for the webhook to count. */
  private void review(HttpClient https) {
    String review =
        """
        {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1",
          "resource":{"group":"","version":"v1","resource":"pods"},"operation":"CREATE","namespace":"ml",
          "object":{"metadata":{"name":"p"},"spec":{"schedulerName":"kerf","containers":[
            {"name":"main","image":"app","env":[{"name":"NVIDIA_VISIBLE_DEVICES","value":"all"}],
             "resources":{"limits":{"kerf.gpu/whole":"1"}}}]}}}}""";
    for (String webhook : List.of("mutate", "validate")) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + webhookPort + "/" + webhook))
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(review))
              .build();
      try {
        https.send(request, BodyHandlers.discarding());
      } catch (IOException | InterruptedException notThereYet) {
        return;
      }
    }
  }

  /** More work than the fleet has room for, at the pace of the clock on the wall. */
  private Program demo() {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return Program.start(
        folder.resolve("demo.log"),
        Map.of(),
        List.of(
            java,
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Kerf.class.getName(),
            "demo",
            "--headless",
            "--pods=1000000",
            "--rate=20",
            "--pace=1",
            "--listen=127.0.0.1:" + demoPort,
            "--set=readiness.warmUpPods=0"));
  }

  private Program scrape(Path prometheus, int served, HttpServer dcgm, HttpServer bank)
      throws IOException {
    Monitoring.writeRules(folder.resolve("rules.yaml"));
    Path config =
        Files.writeString(
            folder.resolve("prometheus.yaml"),
            """
            global: {scrape_interval: 1s, evaluation_interval: 1s}
            rule_files: [rules.yaml]
            scrape_configs:
            - {job_name: kerf, honor_labels: true, static_configs: [{targets: ["127.0.0.1:%d"]}]}
            - job_name: served
              honor_labels: true
              scheme: https
              tls_config: {insecure_skip_verify: true}
              static_configs: [{targets: ["127.0.0.1:%d"], labels: {job: kerf}}]
            - {job_name: dcgm, static_configs: [{targets: ["127.0.0.1:%d"]}]}
            - job_name: bank
              honor_labels: true
              static_configs: [{targets: ["127.0.0.1:%d"], labels: {job: kerf}}]
            """
                .formatted(
                    demoPort, served, dcgm.getAddress().getPort(), bank.getAddress().getPort()));
    return Program.start(
        folder.resolve("prometheus.log"),
        Map.of(),
        List.of(
            prometheus.toString(),
            "--config.file=" + config,
            "--storage.tsdb.path=" + folder.resolve("data"),
            "--web.listen-address=127.0.0.1:" + port));
  }

  /** Pods start, and are evicted for others, between any two scrapes. */
  private static HttpServer bank() throws IOException {
    TurnCounts counts = new TurnCounts();
    TeamsSource source =
        new TeamsSource() {
          @Override
          public TeamsPicture picture() {
            return BankOfTeams.picture();
          }

          @Override
          public List<TeamsPicture.OneWaiting> line(String team, int most) {
            return List.of();
          }

          @Override
          public TurnCounts counts() {
            return counts;
          }
        };
    Metrics metrics = new Metrics();
    metrics.add(new TeamsCollector(source, () -> BankOfTeams.NOW, 200));
    metrics.beforeScrape(
        () -> {
          counts.started("fraud");
          counts.reclaimed(new TurnCounts.Reclaimed("fraud", "guarantee", "done"));
          counts.evicted(new TurnCounts.Evicted("vision", "guarantee"));
          counts.gate("opened");
        });
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/metrics",
        exchange -> {
          Metrics.Scrape scrape = metrics.scrape("");
          byte[] body = scrape.text().getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("Content-Type", scrape.contentType());
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return server;
  }

  /** Every GPU that a pod holds is 2 per cent busy. */
  private HttpServer dcgm() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/metrics",
        exchange -> {
          Set<String> uuids = new LinkedHashSet<>();
          Matcher uuid = UUID.matcher(get(demoPort, "/metrics"));
          while (uuid.find()) {
            uuids.add(uuid.group(1));
          }
          StringBuilder text = new StringBuilder();
          for (String each : uuids) {
            text.append("DCGM_FI_DEV_GPU_UTIL{UUID=\"").append(each).append("\"} 2\n");
          }
          byte[] body = text.toString().getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return server;
  }
}
