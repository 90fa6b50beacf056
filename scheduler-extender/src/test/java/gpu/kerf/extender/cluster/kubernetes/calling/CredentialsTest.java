package gpu.kerf.extender.cluster.kubernetes.calling;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.kubernetes.FakeApiServer;
import gpu.kerf.extender.cluster.kubernetes.KubernetesCluster;
import gpu.kerf.extender.cluster.kubernetes.Manifests;
import gpu.kerf.extender.cluster.kubernetes.RecordingListener;
import gpu.kerf.extender.cluster.kubernetes.TestOptions;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens of pods are replaced every hour, in their file, while Kerf runs. */
class CredentialsTest {
  private static final ApiRequest NODES = ApiRequest.get("/api/v1/nodes", Map.of());

  @TempDir Path folder;
  private final AtomicLong nanos = new AtomicLong(Duration.ofHours(1).toNanos());
  private FakeApiServer api;
  private Path token;
  private Path kubeconfig;

  @BeforeEach
  void start() throws IOException {
    api = new FakeApiServer();
    token = folder.resolve("token");
    Files.writeString(token, "first");
    kubeconfig = api.kubeconfig(folder);
    String text = Files.readString(kubeconfig);
    Files.writeString(kubeconfig, text.replace("token: secret", "tokenFile: " + token));
    api.expect("first");
  }

  @AfterEach
  void stop() {
    api.close();
  }

  private ApiServer connect() throws AccessException {
    return new Access(Map.of(), folder, nanos::get)
        .connect(
            kubeconfig.toString(),
            new Access.Patience(Duration.ofSeconds(2), Duration.ofSeconds(2)));
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Test
  void aTokenThatIsRefusedIsReadAgainAndTheRequestRepeated() throws Exception {
    try (ApiServer server = connect()) {
      assertThat(server.send(NODES).status()).isEqualTo(200);
      Files.writeString(token, "second");
      api.expect("second");
      pass(Duration.ofSeconds(2));
      assertThat(server.send(NODES).status()).isEqualTo(200);
      assertThat(api.requests()).as("one refused").hasSize(3);
    }
  }

  @Test
  void aTokenThatHasChangedIsReadBeforeTheOldOneIsRefused() throws Exception {
    try (ApiServer server = connect()) {
      server.send(NODES);
      Files.writeString(token, "second");
      pass(Duration.ofSeconds(31));
      api.expect("second");
      assertThat(server.send(NODES).status()).isEqualTo(200);
      assertThat(api.requests()).as("none refused").hasSize(2);
    }
  }

  @Test
  void aKubeconfigThatIsReplacedIsReadAgain() throws Exception {
    try (ApiServer server = connect()) {
      server.send(NODES);
      String text = Files.readString(kubeconfig);
      Files.writeString(kubeconfig, text.replaceAll("tokenFile: .*}}", "token: third}}"));
      api.expect("third");
      pass(Duration.ofSeconds(2));
      assertThat(server.send(NODES).status()).isEqualTo(200);
    }
  }

  @Test
  void aClientThatIsRefusedWithWhatIsInTheFilesIsRefused() throws Exception {
    try (ApiServer server = connect()) {
      api.expect("of another client");
      pass(Duration.ofSeconds(2));
      assertThat(server.send(NODES).status()).isEqualTo(401);
      assertThat(server.send(NODES).status()).isEqualTo(401);
      assertThat(api.requests()).as("no storm: it is read once a second at most").hasSize(3);
    }
  }

  @Test
  void aFileThatIsHalfWrittenChangesNothing() throws Exception {
    try (ApiServer server = connect()) {
      String text = Files.readString(kubeconfig);
      Files.writeString(kubeconfig, "clusters: [{");
      pass(Duration.ofSeconds(31));
      assertThat(server.send(NODES).status()).isEqualTo(200);
      Files.writeString(kubeconfig, text);
      pass(Duration.ofSeconds(31));
      assertThat(server.send(NODES).status()).isEqualTo(200);
    }
  }

  @Test
  void watchesGoOnWithTheNewTokenWithoutARestart() throws Exception {
    ExecutorService loop = Executors.newSingleThreadExecutor();
    KubernetesCluster.Options options = TestOptions.with(Duration.ofSeconds(1));
    RecordingListener listener = new RecordingListener();
    ApiServer server =
        new Access(Map.of(), folder)
            .connect(
                kubeconfig.toString(),
                new Access.Patience(Duration.ofSeconds(2), Duration.ofSeconds(2)));
    try (KubernetesCluster cluster =
        new KubernetesCluster(server, options, Clocks.system(), new Metrics())) {
      cluster.start(loop, listener);
      Await.until("it is synced", cluster::synced);
      Files.writeString(token, "second");
      api.expect("second");
      api.cutWatches();
      api.put("nodes", Manifests.node("a", Manifests.INVENTORY));
      Await.until("the node is told", () -> listener.lines.contains("node a 2"));
    } finally {
      loop.shutdown();
    }
  }
}
