package gpu.kerf.extender.cluster.kubernetes.objects;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.Quarantined;
import gpu.kerf.extender.cluster.kubernetes.RecordingListener;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.eviction.Candidate;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.placement.Placement;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which disruption budgets cover a pod, as the cluster's news tell. */
class BudgetedPodsTest {
  private final Labels labels = new Labels();
  private final BudgetDisruptions disruptions = new BudgetDisruptions(labels);
  private final RecordingListener listener = new RecordingListener();
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
  private final PodSink pods =
      new PodSink(
          listener,
          pod -> pod.schedulerName().equals("kerf"),
          new ForeignPods(listener, node -> null, node -> Claims.Used.NOTHING, false),
          labels,
          quarantine,
          () -> 0,
          uid -> {});

  private static JsonSlice piece(String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    return new JsonSlice(bytes, 0, bytes.length);
  }

  private void pod(String uid, String metadata, String spec, String phase) throws WireException {
    Meta meta = new Meta("ml", uid, uid, "1");
    String json =
        """
        {"metadata": {"namespace": "ml", "name": "%1$s", "uid": "%1$s"%2$s},
         "spec": {%3$s}, "status": {"phase": "%4$s"}}
        """
            .formatted(uid, metadata, spec, phase);
    pods.put(meta, pods.read(meta, piece(json)));
  }

  private static String labelled(String app) {
    return ", \"labels\": {\"app\": \"" + app + "\"}";
  }

  private static final String ON_A =
      "\"nodeName\": \"a\", \"schedulerName\": \"default-scheduler\"";

  private void budget(String app) throws WireException {
    Meta meta = new Meta("ml", app, app, "1");
    String json =
        "{\"spec\": {\"selector\": {\"matchLabels\": {\"app\": \"%s\"}}}, \"status\": {}}"
            .formatted(app);
    disruptions.put(meta, disruptions.read(meta, piece(json)));
  }

  private List<String> budgetsOf(String uid) {
    Candidate candidate =
        new Candidate(
            new Holder(uid, "ml", uid, "", "", 0),
            new Placement("a", List.of(), 100, 100),
            0,
            Candidate.Standing.RUNNING,
            List.of());
    return disruptions.covered(candidate).budgets();
  }

  @Test
  void aPodWithoutGpusAndOneOfAnotherSchedulerAreCoveredLikeAny() throws WireException {
    budget("web");
    pod(
        "gpu",
        labelled("web") + ", \"annotations\": {\"" + Annotations.PLACEMENT + "\": \"{}\"}",
        "\"nodeName\": \"a\", \"schedulerName\": \"kerf\"",
        "Running");
    pod("cpu", labelled("web"), "\"nodeName\": \"a\", \"schedulerName\": \"kerf\"", "Running");
    pod("foreign", labelled("web"), ON_A, "Running");
    pod("other", labelled("db"), ON_A, "Running");

    assertThat(budgetsOf("gpu")).containsExactly("ml/web");
    assertThat(budgetsOf("cpu")).containsExactly("ml/web");
    assertThat(budgetsOf("foreign")).containsExactly("ml/web");
    assertThat(budgetsOf("other")).isEmpty();
  }

  @Test
  void labelsThatChangeLaterCountFromThenOn() throws WireException {
    budget("web");
    pod("cpu", labelled("db"), ON_A, "Running");
    pod("cpu", labelled("web"), ON_A, "Running");
    assertThat(budgetsOf("cpu")).containsExactly("ml/web");
  }

  @Test
  void aPodIsCoveredFromBeforeItIsBoundSoThatItIsNeverWithoutItsBudget() throws WireException {
    budget("web");
    pod("waiting", labelled("web"), "\"schedulerName\": \"kerf\"", "Pending");
    assertThat(budgetsOf("waiting")).containsExactly("ml/web");
  }

  @Test
  void podsOfOneTemplateShareTheirLabelsAndNothingIsKeptOfThoseThatAreGone() throws WireException {
    for (int i = 0; i < 100; i++) {
      pod("web-" + i, labelled("web"), ON_A, "Running");
      pod("db-" + i, labelled("db"), ON_A, "Running");
    }
    assertThat(labels.sets()).isEqualTo(2);
    assertThat(labels.of("web-1").labels()).isSameAs(labels.of("web-99").labels());
    for (int i = 0; i < 100; i++) {
      pod("web-" + i, labelled("web"), ON_A, "Succeeded");
      pods.deleted(new Meta("ml", "db-" + i, "db-" + i, "2"));
    }
    assertThat(labels.sets()).isZero();
    assertThat(labels.of("web-1").labels()).isEmpty();
  }
}
