package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.Quarantined;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.JvmThreads;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.cluster.kubernetes.objects.Claims;
import gpu.kerf.extender.cluster.kubernetes.objects.ForeignPods;
import gpu.kerf.extender.cluster.kubernetes.objects.Labels;
import gpu.kerf.extender.cluster.kubernetes.objects.PodSink;
import gpu.kerf.extender.cluster.kubernetes.objects.Quarantine;
import gpu.kerf.extender.cluster.kubernetes.reconciling.Difference;
import gpu.kerf.extender.cluster.kubernetes.reconciling.Reconciler;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.cluster.kubernetes.writing.Events;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ReconcilerTest {
  private static final String SLOT =
      """
      {"v":1,"node":"a","containers":[{"name":"main","wall":"none","slots":[
        {"gpu":%d,"whole":true,"memoryMiB":81152}]}]}\
      """;

  private final Scheduling scheduling =
      new Scheduling(Dialects.all(), Clocks.system(), Runnable::run);
  private final Metrics metrics = new Metrics();
  private final Quarantine quarantine =
      new Quarantine(
          Duration.ZERO,
          () -> 0,
          new Quarantine.QuarantineListener() {
            @Override
            public void begun(Meta pod, String node, Duration period) {}

            @Override
            public void changed(String uid, Quarantined hold) {}
          });
  private final Labels labels = new Labels();
  private final PodSink pods =
      new PodSink(
          scheduling,
          pod -> true,
          new ForeignPods(scheduling, node -> null, node -> Claims.Used.NOTHING, false),
          labels,
          quarantine,
          () -> 0,
          uid -> {});
  @RegisterExtension private final FakeApiServerExtension fake = new FakeApiServerExtension();

  private final FakeApiServer api = fake.api();
  private final ApiServer server = fake.connect();
  private final RequestPool background = fake.background(server);
  private Reconciler reconciler;

  @BeforeEach
  void start() {
    Events events = new Events(background, metrics, Clocks.system(), "test");
    Reconciler.Reporting listener =
        new Reconciler.Reporting(events, metrics, () -> true, Duration.ofMillis(10));
    reconciler =
        new Reconciler(
            server, new JvmThreads(), Runnable::run, scheduling.ledger(), pods, listener);
    GpuSpec gpu =
        GpuSpec.of(
            Objects.requireNonNull(GpuCatalog.builtIn().find("H100-80GB", 0)), GpuMode.PLAIN);
    scheduling.nodeChanged(NodeSpec.of("a", Collections.nCopies(4, gpu)));
  }

  private static String manifest(String name, String record) {
    return """
    {"metadata":{"namespace":"ml","name":"%s","uid":"uid-%s",
      "annotations":{"kerf.gpu/placement":%s}},
     "spec":{"schedulerName":"kerf","nodeName":"a","containers":[{"name":"main"}]},
     "status":{"phase":"Running"}}\
    """
        .formatted(name, name, Manifests.quoted(record));
  }

  private static PodView.Builder pod(String name) {
    return PodView.of(new PodView.Ref("ml", name, "uid-" + name));
  }

  /** A pod that holds a GPU, as both sides know it. */
  private void holds(String name, int gpu) {
    String record = SLOT.formatted(gpu);
    api.put("pods", manifest(name, record));
    scheduling.podChanged(pod(name).nodeName("a").annotation("kerf.gpu/placement", record).build());
    Entry entry = Objects.requireNonNull(scheduling.ledger().entry("uid-" + name));
    assertThat(entry.placement().slots()).as("what the ledger knows of " + name).hasSize(1);
  }

  private Collection<Difference> compare() throws Exception {
    return reconciler.compare().values();
  }

  private List<Difference> compareTwice() throws Exception {
    assertThat(compare()).as("the first time").isEmpty();
    return List.copyOf(compare());
  }

  private String metric(String kind) {
    return metrics
        .scrape("")
        .text()
        .lines()
        .filter(line -> line.startsWith("kerf_ledger_differences{kind=\"" + kind + "\""))
        .findFirst()
        .orElse("");
  }

  @Test
  void atRestNothingDiffers() throws Exception {
    for (int i = 0; i < 4; i++) {
      holds("p" + i, i);
    }
    api.put("pods", Manifests.foreign("elsewhere", "not-managed", "nvidia.com/gpu"));
    assertThat(compareTwice()).isEmpty();
    for (Difference.Kind kind : Difference.Kind.values()) {
      assertThat(metric(kind.word())).endsWith(" 0.0");
    }
  }

  @Test
  void aRecordThatWasChangedBehindKerfsBackIsReportedWithBothSides() throws Exception {
    holds("p", 0);
    String forged = SLOT.formatted(3);
    api.put("pods", manifest("p", forged));
    // The watch tells it too; what the pod was bound with stays held.
    scheduling.podChanged(pod("p").nodeName("a").annotation("kerf.gpu/placement", forged).build());
    List<Difference> found = compareTwice();
    assertThat(found).hasSize(1);
    assertThat(found.get(0).kind()).isEqualTo(Difference.Kind.OTHER_SLOTS);
    assertThat(found.get(0).node()).isEqualTo("a");
    assertThat(found.get(0).text()).contains("GPU 0 whole", "GPU 3 whole");
    assertThat(metric("other-slots")).endsWith(" 1.0");
    Await.until("an event tells it", () -> !api.events().isEmpty());
    assertThat(api.events().get(0).path("note").asText()).contains("GPU 0 whole", "GPU 3 whole");
    assertThat(scheduling.problems().toString()).contains("ml/p", "still held");
  }

  @Test
  void aRecordThatWasTakenAwayFreesNothing() throws Exception {
    holds("p", 0);
    scheduling.podChanged(pod("p").nodeName("a").build());
    assertThat(Objects.requireNonNull(scheduling.ledger().entry("uid-p")).placement().slots())
        .hasSize(1);
    scheduling.podChanged(
        pod("p").nodeName("a").annotation("kerf.gpu/placement", SLOT.formatted(0)).build());
    assertThat(scheduling.problems()).isEmpty();
  }

  private void repair() throws Exception {
    reconciler.repair(compareTwice());
  }

  private String repairs(String kind) {
    return metrics
        .scrape("")
        .text()
        .lines()
        .filter(line -> line.startsWith("kerf_ledger_repairs_total{kind=\"" + kind + "\""))
        .findFirst()
        .orElse("");
  }

  @Test
  void theSlotsOfAPodThatIsGoneAreGivenBack() throws Exception {
    holds("p", 0);
    holds("q", 1);
    api.loseSilently("pods", "ml/p");
    repair();
    assertThat(scheduling.ledger().entry("uid-p")).isNull();
    assertThat(scheduling.ledger().entry("uid-q")).isNotNull();
    assertThat(repairs("gone")).endsWith(" 1.0");
    assertThat(compare()).isEmpty();
  }

  @Test
  void theSlotsOfAPodOfThatNameButAnotherUidAreGivenBack() throws Exception {
    holds("p", 0);
    api.loseSilently("pods", "ml/p");
    api.put(
        "pods",
        manifest("p", "").replace("uid-p", "uid-new").replace("\"a\",\"cont", "\"b\",\"cont"));
    repair();
    assertThat(scheduling.ledger().entry("uid-p")).isNull();
  }

  @Test
  void aPodThatIsNotBoundWaitsAgain() throws Exception {
    holds("p", 0);
    api.put("pods", manifest("p", SLOT.formatted(0)).replace("\"nodeName\":\"a\",", ""));
    repair();
    assertThat(scheduling.ledger().entry("uid-p")).isNull();
    assertThat(Objects.requireNonNull(scheduling.pods().get("uid-p")).isPending()).isTrue();
    assertThat(repairs("unbound")).endsWith(" 1.0");
  }

  @Test
  void whatTheConfirmingReadDeniesIsNotRepaired() throws Exception {
    holds("p", 0);
    api.loseSilently("pods", "ml/p");
    List<Difference> seen = compareTwice();
    api.put("pods", manifest("p", SLOT.formatted(0)));
    reconciler.repair(seen);
    assertThat(scheduling.ledger().entry("uid-p")).isNotNull();
    assertThat(repairs("gone")).isEmpty();
  }

  @Test
  void whatCannotBeProvenIsOnlyTold() throws Exception {
    holds("p", 0);
    api.put("pods", manifest("p", SLOT.formatted(3)));
    repair();
    assertThat(Objects.requireNonNull(scheduling.ledger().entry("uid-p")).placement().slots())
        .extracting(slot -> slot.gpu())
        .containsExactly(0);
  }

  @Test
  void whatHealsWithinAnIntervalIsNotReported() throws Exception {
    holds("p", 0);
    api.loseSilently("pods", "ml/p");
    assertThat(compare()).isEmpty();
    scheduling.podEnded("uid-p");
    holds("q", 1);
    assertThat(compare()).isEmpty();
    assertThat(compare()).isEmpty();
    assertThat(api.events()).isEmpty();
  }

  @Test
  void aPodThatIsGoneAndStillHeldIsReported() throws Exception {
    holds("p", 0);
    api.loseSilently("pods", "ml/p");
    assertThat(compareTwice()).extracting(Difference::kind).containsExactly(Difference.Kind.GONE);
  }

  @Test
  void aPodThatTheLedgerDoesNotKnowIsReported() throws Exception {
    api.put("pods", manifest("p", SLOT.formatted(2)));
    assertThat(compareTwice())
        .extracting(Difference::kind)
        .containsExactly(Difference.Kind.MISSING);
  }

  @Test
  void anUnreadableRecordIsReported() throws Exception {
    holds("p", 0);
    api.put("pods", manifest("p", "{\"v\":9}"));
    assertThat(compareTwice())
        .extracting(Difference::kind)
        .containsExactly(Difference.Kind.UNREADABLE);
  }

  @Test
  void aPodOnAnotherNodeAndOneThatIsNotBoundAreReported() throws Exception {
    holds("p", 0);
    holds("q", 1);
    api.put("pods", manifest("p", SLOT.formatted(0)).replace(":\"a\",\"cont", ":\"b\",\"cont"));
    api.put("pods", manifest("q", SLOT.formatted(1)).replace("\"nodeName\":\"a\",", ""));
    assertThat(compareTwice())
        .extracting(Difference::kind)
        .containsExactly(Difference.Kind.ELSEWHERE, Difference.Kind.UNBOUND);
  }

  @Test
  void everyPageOfTheListIsCompared() throws Exception {
    for (int i = 0; i < 1_201; i++) {
      api.put("pods", manifest("x" + i, "").replace("\"nodeName\":\"a\"", "\"nodeName\":\"b\""));
    }
    holds("z", 0);
    assertThat(compareTwice()).isEmpty();
    assertThat(api.requests()).hasSize(6);
  }

  @Test
  void anApiServerThatDoesNotAnswerChangesNothing() throws Exception {
    holds("p", 0);
    api.loseSilently("pods", "ml/p");
    compareTwice();
    api.plan(new FakeApiServer.Answer("GET", "/pods", 503, "{}", false));
    assertThatThrownBy(this::compare).isInstanceOf(IOException.class).hasMessageContaining("503");
    assertThat(metric("gone")).endsWith(" 1.0");
    assertThat(compare()).hasSize(1);
  }

  @Test
  void aDifferenceIsToldOnce() throws Exception {
    holds("p", 0);
    api.loseSilently("pods", "ml/p");
    compareTwice();
    compare();
    scheduling.podEnded("uid-p");
    assertThat(compare()).isEmpty();
    assertThat(metric("gone")).endsWith(" 0.0");
    Await.until("one event", () -> api.events().size() == 1);
  }
}
