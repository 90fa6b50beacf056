package gpu.kerf.extender.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.http.TestCertificate;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A webhook that wants a certificate, and an API server that was told to show one. */
@ClusterTest
final class ApiServerCertificateTest {
  @TempDir Path folder;

  /** As docs/how-to/install.md has it. */
  private Path admissionConfiguration(TestCertificate identity) throws IOException {
    Path certificate = folder.resolve("api-server.crt");
    Path key = folder.resolve("api-server.key");
    Files.writeString(certificate, identity.certificatePem());
    Files.writeString(key, identity.keyPem());
    Path kubeconfig =
        Files.writeString(
            folder.resolve("webhooks.kubeconfig"),
            """
            apiVersion: v1
            kind: Config
            users:
            - name: '*'
              user: {client-certificate: %s, client-key: %s}
            """
                .formatted(certificate, key));
    return Files.writeString(
        folder.resolve("admission.yaml"),
        """
        apiVersion: apiserver.config.k8s.io/v1
        kind: AdmissionConfiguration
        plugins:
        - name: MutatingAdmissionWebhook
          configuration: &webhooks
            apiVersion: apiserver.config.k8s.io/v1
            kind: WebhookAdmissionConfiguration
            kubeConfigFile: %s
        - name: ValidatingAdmissionWebhook
          configuration: *webhooks
        """
            .formatted(kubeconfig));
  }

  @Test
  void podsAreReviewedForTheApiServerAndForNoOtherClient() throws Exception {
    TestCertificate identity = TestCertificate.make(folder, "api-server", "EC");
    Webhook webhook = new Webhook(folder);
    Path authorities = Files.writeString(folder.resolve("clients.crt"), identity.certificatePem());
    ControlPlane plane =
        ControlPlane.start(
            Options.defaults()
                .apiServerFlag(
                    "--admission-control-config-file=" + admissionConfiguration(identity)));
    Path account = plane.kubeconfig();
    List<String> settings = List.of(webhook.settings("admission.clientAuthorities=" + authorities));
    try (TestCluster cluster =
        TestCluster.on(plane, new TestCluster.Accounts(account, account, ""), settings)) {
      plane.apply(webhook.manifests("kerf"));
      cluster.nodes(Inventory.eightH100("a").manifest());
      TestCluster.await("the API server asks", () -> isAsked(cluster));
      cluster.create(Pod.named("share").memory("8Gi"));
      cluster.awaitRunning("share");

      HttpClient stranger =
          HttpClient.newBuilder().sslContext(webhook.certificate(0).trusting()).build();
      HttpRequest review =
          HttpRequest.newBuilder(URI.create("https://localhost:" + webhook.port() + "/validate"))
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString("{}"))
              .build();
      assertThatThrownBy(() -> stranger.send(review, BodyHandlers.ofString()))
          .isInstanceOf(IOException.class);
    }
  }

  private static boolean isAsked(TestCluster cluster) {
    Api.Answer answer =
        cluster.api().send("POST", TestCluster.PODS + "?dryRun=All", Pod.named("probe").json());
    if (answer.status() != 201) {
      return false;
    }
    assertThat(answer.body().at("/spec/containers/0/env/0/value").asText()).isIn("void", "");
    return answer.body().at("/spec/containers/0/env/0/value").asText().equals("void");
  }
}
