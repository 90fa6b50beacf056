package gpu.kerf.extender.cluster.kubernetes.installation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.MissingPart;
import gpu.kerf.extender.cluster.kubernetes.calling.Access;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.JvmThreads;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Options;
import gpu.kerf.extender.manifests.Shipped;
import gpu.kerf.extender.team.TeamSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is missing, as a real API server says it to the shipped account. */
@ClusterTest
final class InstallationCheckTest {
  private static final String ACCOUNT = "system:serviceaccount:kerf-system:kerf";
  private static final Installation WITH_ALL =
      new Installation(
          "kerf-system", "nvidia", true, true, "kerf-system", true, TeamSource.KERF, false);

  @TempDir static Path folder;

  private static ControlPlane plane;
  private static ApiServer server;

  @BeforeAll
  static void start() throws Exception {
    plane = ControlPlane.start(Options.defaults().user(ACCOUNT));
    server = connect(plane.kubeconfig(ACCOUNT));
    applyAll();
    Await.until("nothing is missing any more", () -> look().isEmpty());
  }

  private static ApiServer connect(Path kubeconfig) throws Exception {
    return new Access(Map.of(), folder)
        .connect(kubeconfig.toString(), new Access.Patience(Await.LONG, Await.LONG));
  }

  /** With a bundle in the webhooks' configurations, which Kerf writes. */
  private static void applyAll() {
    String rendered = plane.kubectl("kustomize", Shipped.file("base").toString());
    plane.kubectlWithInput(
        rendered.replace("clientConfig:", "clientConfig:\n    caBundle: " + bundle()),
        "apply",
        "-f",
        "-");
    plane.apply(Shipped.text("components/access/rbac.yaml"));
    plane.apply(
        "{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: nvidia},"
            + " handler: nvidia}");
    plane.kubectl("wait", "--for=condition=Established", "crd/teams.kerf.gpu", "--timeout=60s");
  }

  private static String bundle() {
    return Shipped.bundle(plane.kubeconfig());
  }

  @AfterAll
  static void stop() {
    server.close();
    plane.close();
  }

  private static List<MissingPart> look() {
    try {
      return new InstallationCheck(WITH_ALL).look(server);
    } catch (IOException broken) {
      throw new IllegalStateException(broken);
    }
  }

  private static List<String> lines() {
    return look().stream().map(MissingPart::toString).toList();
  }

  /** Takes something away, sees the line, and puts it back. */
  private static void without(Runnable action, String... lines) {
    action.run();
    try {
      Await.until("a line is there", () -> !look().isEmpty());
      Await.until("all lines are there: " + lines(), () -> lines().equals(List.of(lines)));
    } finally {
      applyAll();
    }
    Await.until("they are gone", () -> look().isEmpty());
  }

  private static void deleted(String object, String... lines) {
    without(() -> plane.kubectl("delete", object), lines);
  }

  @Test
  void namesEachObjectThatIsNotThere() {
    deleted(
        "runtimeclass/nvidia",
        "There is no RuntimeClass nvidia, so pods that ask for GPUs are refused when they are"
            + " created. NVIDIA's GPU operator and k3s make it; another name stands in"
            + " admission.runtimeClass.");
    deleted(
        "validatingadmissionpolicybinding/kerf-words",
        "There is no ValidatingAdmissionPolicyBinding kerf-words, so pods of other schedulers can"
            + " ask for GPUs and get none. Apply base/policy.yaml.");
    without(
        () ->
            plane.kubectl(
                "delete", "-f", Shipped.file("base/policy.yaml").toString(), "--ignore-not-found"),
        "There is no ValidatingAdmissionPolicy kerf, so users can write Kerf's decisions on pods."
            + " Apply base/policy.yaml.",
        "There is no ValidatingAdmissionPolicy kerf-words, so pods of other schedulers can ask for"
            + " GPUs and get none. Apply base/policy.yaml.",
        "There is no ValidatingAdmissionPolicy kerf-gate, so Kerf's account can change more of a"
            + " pod than its gate. Apply base/policy.yaml.",
        "There is no ValidatingAdmissionPolicy kerf-retries, so Kerf's account can change the"
            + " status of controllers. Apply base/policy.yaml.");
    deleted(
        "mutatingwebhookconfiguration/kerf",
        "There is no MutatingWebhookConfiguration kerf, so containers are not told their GPUs."
            + " Apply base/webhooks.yaml.");
  }

  @Test
  void namesAWebhookThatIsNotTrusted() {
    without(
        () ->
            plane.kubectl(
                "patch",
                "validatingwebhookconfiguration/kerf",
                "--type=json",
                "-p",
                "[{\"op\":\"remove\",\"path\":\"/webhooks/0/clientConfig/caBundle\"}]"),
        "The ValidatingWebhookConfiguration kerf has no caBundle, so pods of Kerf's scheduler"
            + " cannot be created. Kerf writes it if certificates.make is true; else look at"
            + " cert-manager's injector.");
  }

  @Test
  void namesEachRightThatIsMissing() {
    without(
        () ->
            plane.kubectl(
                "patch",
                "clusterrole/kerf",
                "--type=json",
                "-p",
                "[{\"op\":\"test\",\"path\":\"/rules/5/resources/0\",\"value\":\"nodes/status\"},"
                    + "{\"op\":\"remove\",\"path\":\"/rules/5\"}]"),
        "Kerf may not patch nodes/status, so nodes do not list kerf.gpu/memory and"
            + " kerf.gpu/whole. Apply base/rbac.yaml of this version.");
    without(
        () -> plane.kubectl("delete", "rolebinding/kerf", "--namespace=kerf-system"),
        "Kerf may not get and patch leases.coordination.k8s.io kerf-binding, so no pod is bound."
            + " Apply base/lease.yaml of this version.",
        "Kerf may not get and patch leases.coordination.k8s.io kerf-turns, so no pod of a team gets"
            + " its turn. Apply base/lease.yaml of this version.");
    without(
        () -> plane.kubectl("delete", "clusterrolebinding/kerf-retries"),
        "Kerf may not list events, so controllers wait out their pauses. Apply base/rbac.yaml of"
            + " this version.",
        "Kerf may not patch replicasets/status.apps, so these wait out their pauses after Kerf was"
            + " away. Apply base/rbac.yaml of this version.",
        "Kerf may not patch statefulsets/status.apps, so these wait out their pauses after Kerf was"
            + " away. Apply base/rbac.yaml of this version.",
        "Kerf may not patch daemonsets/status.apps, so these wait out their pauses after Kerf was"
            + " away. Apply base/rbac.yaml of this version.",
        "Kerf may not patch jobs/status.batch, so these wait out their pauses after Kerf was away."
            + " Apply base/rbac.yaml of this version.");
    without(
        () -> plane.kubectl("delete", "rolebinding/kerf-certificates", "--namespace=kerf-system"),
        "Kerf may not get and update secrets kerf-webhook, so it cannot make the webhook's"
            + " certificate. Apply base/certificates.yaml of this version.");
  }

  @Test
  void asksForNothingThatTheSettingsDoNotUse() throws IOException {
    Installation least =
        new Installation(
            "kerf-system", "", false, false, "kerf-system", false, TeamSource.KERF, false);
    plane.kubectl("delete", "runtimeclass/nvidia", "clusterrolebinding/kerf-certificates");
    try {
      // The class, and a patch of each of the two configurations.
      Await.until("that is known", () -> look().size() == 3);
      assertThat(new InstallationCheck(least).look(server)).isEmpty();
    } finally {
      applyAll();
    }
    Await.until("all is there", () -> look().isEmpty());
  }

  @Test
  void kueueIsMissedWhereTheSettingsWantToAnswerIt() throws IOException {
    Installation kueue =
        new Installation(
            "kerf-system", "nvidia", true, true, "kerf-system", true, TeamSource.KERF, true);
    assertThat(new InstallationCheck(kueue).look(server))
        .extracting(MissingPart::what)
        .containsExactly("The API server has no Workloads of Kueue, and kueue.enabled is true.");
  }

  @Test
  void whatIsPutRightIsNoLongerReportedByTheWatch() {
    InstallationWatch watch =
        new InstallationWatch(server, new InstallationCheck(WITH_ALL), new JvmThreads());
    without(
        () -> {
          plane.kubectl("delete", "runtimeclass/nvidia");
          Await.until("it is seen", () -> watch.attempt() && watch.missing().size() == 1);
        },
        lineOfRuntimeClass());
    assertThat(watch.attempt()).isTrue();
    assertThat(watch.missing()).isEmpty();
  }

  private static String lineOfRuntimeClass() {
    NeededObject first = NeededObject.of(WITH_ALL).get(0);
    return "There is no RuntimeClass nvidia, so " + first.without() + ". " + first.hint();
  }

  @Test
  void anApiServerThatDoesNotAnswerIsNoReasonToForget() throws Exception {
    ControlPlane other = ControlPlane.start(Options.defaults().user(ACCOUNT));
    try (ApiServer lost = connect(other.kubeconfig(ACCOUNT))) {
      InstallationCheck check = new InstallationCheck(WITH_ALL);
      InstallationWatch watch = new InstallationWatch(lost, check, new JvmThreads());
      assertThat(watch.attempt()).isTrue();
      List<MissingPart> before = watch.missing();
      assertThat(before).isNotEmpty();
      other.stopApiServer();
      assertThat(watch.attempt()).isFalse();
      assertThat(watch.missing()).isEqualTo(before);
      assertThatThrownBy(() -> check.look(lost)).isInstanceOf(IOException.class);
    } finally {
      other.close();
    }
  }
}
