package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.KubeScheduler;
import gpu.kerf.extender.manifests.Shipped;
import gpu.kerf.extender.time.Clocks;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.TemporalAdjusters;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The example of a bank between a real API server and a real kube-scheduler, over a night and a
 * month: Kerf's time of day is moved, and nothing else is.
 */
@ClusterTest
final class BankOnAClusterTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final String NOTICE = "kerf.gpu/EvictionAnnounced";

  @TempDir Path folder;
  private final AtomicLong ahead = new AtomicLong();
  private ControlPlane plane;
  private RunningKerf kerf;
  private KubeScheduler scheduler;

  @BeforeEach
  void aBankAtNight() {
    plane = ControlPlane.start();
    plane.kwok();
    plane.apply(Shipped.text("base/teams.yaml"));
    plane.kubectl("wait", "--for=condition=Established", "crd/teams.kerf.gpu", "--timeout=60s");
    for (String namespace : new String[] {"fraud", "research", "notebooks", "analytics"}) {
      plane.kubectl("create", "namespace", namespace);
    }
    for (int i = 0; i < 3; i++) {
      plane.apply(Inventory.eightH100("h100-" + i).manifest());
    }
    plane.apply(Shipped.text("examples/teams/bank.yaml"));
    moveTo(monday(21, 0));
    Clocks clocks = new Clocks(() -> Instant.now().plusMillis(ahead.get()), System::nanoTime);
    kerf = RunningKerf.on(plane, clocks);
    scheduler = plane.scheduler(kerf.schedulerConfig(folder)).start();
    Await.until("the teams are in force", () -> accepted("analytics").equals("True"));
  }

  @AfterEach
  void stop() {
    scheduler.close();
    kerf.close();
    plane.close();
  }

  /** The Monday that comes, in Berlin. */
  private static ZonedDateTime monday(int hour, int minute) {
    return ZonedDateTime.now(BERLIN)
        .with(TemporalAdjusters.next(DayOfWeek.MONDAY))
        .withHour(hour)
        .withMinute(minute);
  }

  private void moveTo(ZonedDateTime time) {
    ahead.set(time.toInstant().toEpochMilli() - System.currentTimeMillis());
  }

  private String accepted(String team) {
    return field("team/" + team, "", ".status.conditions[?(@.type==\"Accepted\")].status");
  }

  private String field(String object, String namespace, String path) {
    String where = namespace.isEmpty() ? "default" : namespace;
    return plane.kubectl("get", object, "-n", where, "-o", "jsonpath={" + path + "}");
  }

  private void pods(String namespace, String prefix, int count) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < count; i++) {
      all.append(
          """
          ---
          apiVersion: v1
          kind: Pod
          metadata: {name: %s-%d, namespace: %s}
          spec:
            schedulerName: kerf
            terminationGracePeriodSeconds: 1
            schedulingGates: [{name: kerf.gpu/turn}]
            containers: [{name: main, image: app, resources: {limits: {kerf.gpu/whole: 1}}}]
          """
              .formatted(prefix, i, namespace));
    }
    plane.apply(all.toString());
  }

  private long running(String namespace) {
    return words(field("pods", namespace, ".items[?(@.status.phase==\"Running\")].metadata.name"));
  }

  private long announced(String namespace) {
    return words(
        field(
            "pods",
            namespace,
            ".items[*].status.conditions[?(@.type==\"" + NOTICE + "\")].status"));
  }

  private static long words(String text) {
    return text.isBlank() ? 0 : text.strip().split(" +").length;
  }

  @Test
  void analyticsRunsAtNightAndIsToldBeforeMorningWhatWillGo() {
    pods("analytics", "night", 12);
    Await.until("all of them run at night", () -> running("analytics") == 12);
    assertThat(announced("analytics")).isZero();

    moveTo(monday(5, 55).plusDays(1));
    Await.until("eight are told", () -> announced("analytics") == 8);
    assertThat(running("analytics")).isEqualTo(12);
    assertThat(plane.kubectl("get", "events", "-n", "analytics"))
        .contains("Window nights of team analytics closes on");

    moveTo(monday(6, 0).plusDays(1));
    Await.until("four are left by day", () -> running("analytics") == 4);
    assertThat(announced("analytics")).as("those that were told have gone").isZero();

    pods("fraud", "urgent", 8);
    Await.until("fraud has its guarantee", () -> running("fraud") == 8);
  }

  @Test
  void researchWaitsWhenItsBudgetIsUsedUpAndGoesOnWhenItIsExtended() {
    budget("0");
    Await.until("its status says so", () -> exhausted().equals("True Exhausted"));
    pods("research", "p", 1);
    Await.until(
        "the pod says why it waits",
        () ->
            field("pod/p-0", "research", ".status.conditions[?(@.type==\"kerf.gpu/Turn\")].message")
                .contains("Team research has used 0 of 0 GPU hours of"));
    assertThat(plane.kubectl("get", "events", "-n", "default")).contains("BudgetExhausted");
    assertThat(field("team/research", "", ".status.budget.resets")).isNotEmpty();
    assertThat(running("research")).isZero();

    budget("6000");
    Await.until("it runs", () -> running("research") == 1);
    Await.until("the status says so", () -> exhausted().equals("False Within"));
    assertThat(field("team/research", "", ".status.budget.leftGpuHours")).isNotEmpty();
  }

  private String exhausted() {
    return field(
        "team/research",
        "",
        ".status.conditions[?(@.type==\"BudgetExhausted\")]['status','reason']");
  }

  private void budget(String gpuHours) {
    plane.kubectl(
        "patch",
        "team",
        "research",
        "--type=merge",
        "-p",
        "{\"spec\":{\"budget\":{\"gpuHours\":\"" + gpuHours + "\"}}}");
  }
}
