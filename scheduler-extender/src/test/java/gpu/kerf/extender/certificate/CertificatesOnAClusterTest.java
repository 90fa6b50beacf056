package gpu.kerf.extender.certificate;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.kubernetes.calling.Access;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.writing.WebhookVault;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.manifests.Shipped;
import gpu.kerf.extender.telemetry.Metrics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real API server that believes what Kerf made, with the rights that Kerf is shipped with. */
@ClusterTest
final class CertificatesOnAClusterTest {
  private static final String ACCOUNT = "system:serviceaccount:kerf-system:kerf";
  private static final Duration VALIDITY = Duration.ofDays(90);

  @TempDir Path folder;
  private final List<ApiServer> servers = new ArrayList<>();
  private ControlPlane plane;
  private volatile Instant now = Instant.now();
  private int pods;

  @BeforeEach
  void start() {
    plane =
        ControlPlane.start(
            Options.defaults()
                .user(ACCOUNT)
                // So that a Service leads to its endpoint here, where nothing routes its address.
                .apiServerFlag("--enable-aggregator-routing=true"));
    for (String file : List.of("namespace", "rbac", "certificates", "webhooks")) {
      plane.kubectl("apply", "-f", Shipped.file("base/" + file + ".yaml").toString());
    }
  }

  @AfterEach
  void stop() {
    servers.forEach(ApiServer::close);
    plane.close();
  }

  private CertificateKeeper keeper(String replica) throws Exception {
    Access.Patience patience = new Access.Patience(Duration.ofSeconds(10), Duration.ofSeconds(45));
    ApiServer server =
        new Access(Map.of(), folder).connect(plane.kubeconfig(ACCOUNT).toString(), patience);
    servers.add(server);
    CertificateKeeper.CertificateOptions options =
        new CertificateKeeper.CertificateOptions(
            WebhookVault.names("kerf-system"),
            folder.resolve(replica),
            VALIDITY,
            Duration.ofMinutes(1));
    WebhookVault vault = new WebhookVault(server, "kerf-system");
    return new CertificateKeeper(vault, options, () -> now, new Metrics());
  }

  private String shown(String replica) throws Exception {
    return Files.readString(folder.resolve(replica).resolve("tls.crt"));
  }

  /** Has the API server ask the webhook that shows what a replica shows. */
  private void assertAsked(String replica) throws Exception {
    try (StubWebhook webhook = StubWebhook.with(folder.resolve(replica))) {
      plane.apply(webhook.service());
      String name = "pod-" + pods++;
      Await.until(
          "a pod is asked about with the certificate of " + replica,
          () -> {
            create(name);
            return webhook.asked(name);
          });
    }
  }

  /** The API server hears of changed addresses and authorities a moment later. */
  private void create(String name) {
    try {
      plane.kubectlWithInput(
          """
          apiVersion: v1
          kind: Pod
          metadata: {name: %s, namespace: default}
          spec: {schedulerName: kerf, containers: [{name: main, image: app}]}
          """
              .formatted(name),
          "create",
          "--dry-run=server",
          "-f",
          "-");
    } catch (IllegalStateException notYet) {
      assertThat(notYet).hasMessageContaining("kerf-webhook");
    }
  }

  @Test
  void replicasThatStartAtOnceAgreeAndTheApiServerBelievesThem() throws Exception {
    List<String> names = List.of("a", "b", "c", "d");
    ExecutorService threads = Executors.newFixedThreadPool(names.size());
    try {
      CyclicBarrier together = new CyclicBarrier(names.size());
      List<Callable<Void>> looks = new ArrayList<>();
      for (String name : names) {
        CertificateKeeper keeper = keeper(name);
        looks.add(
            () -> {
              together.await();
              keeper.look();
              return null;
            });
      }
      for (Future<Void> done : threads.invokeAll(looks)) {
        done.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(shown("b")).isEqualTo(shown("a"));
    assertThat(shown("c")).isEqualTo(shown("a"));
    assertThat(shown("d")).isEqualTo(shown("a"));
    assertAsked("a");
  }

  @Test
  void atEveryStepOfARenewalTheApiServerBelievesBothReplicas() throws Exception {
    CertificateKeeper a = keeper("a");
    CertificateKeeper b = keeper("b");
    // The API server's clock is the machine's: what it is shown must hold now.
    now = Instant.now().minus(Duration.ofDays(61));
    a.look();
    b.look();
    assertAsked("a");
    String before = shown("a");

    now = Instant.now();
    a.look();
    b.look();
    assertThat(shown("a")).isEqualTo(before);
    assertAsked("a");
    now = now.plus(CertificateKeeper.HEARD);
    a.look();
    assertThat(shown("a")).isNotEqualTo(before);
    assertThat(shown("b")).isEqualTo(before);
    assertAsked("a");
    assertAsked("b");
    b.look();
    assertThat(shown("b")).isEqualTo(shown("a"));
    assertAsked("b");
  }
}
