package gpu.kerf.extender.kueue;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WorkloadTest {
  private static final YAMLMapper YAML = new YAMLMapper();

  private static final String SPEC =
      """
      apiVersion: kueue.x-k8s.io/v1beta2
      kind: Workload
      metadata:
        name: job-train
        namespace: ml
        uid: u1
        resourceVersion: "7"
        ownerReferences: [{kind: Job, name: train, uid: j1}]
      spec:
        podSets:
        - name: launcher
          count: 1
          template: {spec: {containers: [{name: main, image: app}]}}
        - name: worker
          count: 8
          template:
            metadata: {labels: {app: train}, annotations: {kerf.gpu/wall: mig}}
            spec:
              nodeSelector: {zone: a}
              containers:
              - name: main
                image: app
                resources: {limits: {kerf.gpu/memory: 8Gi}}
      """;

  private static final String RESERVED =
      """
      status:
        conditions:
        - {type: QuotaReserved, status: "True", lastTransitionTime: "2026-12-01T04:00:00Z"}
        - {type: Evicted, status: "False", lastTransitionTime: "2026-12-01T04:00:00Z"}
        admission:
          clusterQueue: gpus
          podSetAssignments:
          - {name: launcher, count: 1, flavors: {cpu: any}}
          - {name: worker, count: 6, flavors: {cpu: any, kerf.gpu/memory: h100}}
        reclaimablePods: [{name: worker, count: 2}]
        admissionChecks:
        - {name: fits, state: Pending, message: "", retryCount: 3}
        - name: other
          state: Ready
          message: done
          podSetUpdates:
          - name: worker
            nodeSelector: {pool: new}
            labels: {from: other}
            tolerations: [{key: new, operator: Exists}]
      """;

  private static Workload workload(String status) {
    return Workload.of(yaml(SPEC + status));
  }

  private static JsonNode yaml(String text) {
    try {
      return YAML.readTree(text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void workloadWithQuotaHasThePodsThatAreToStart() {
    Workload read = workload(RESERVED);
    assertThat(read.key()).isEqualTo("ml/job-train");
    assertThat(read.stage()).isEqualTo(Workload.Stage.RESERVED);
    assertThat(read.reservedMillis()).isEqualTo(1_796_097_600_000L);
    assertThat(read.owners()).isEqualTo(Set.of("Job/train"));
    // Admitted with 6 of 8 pods, 2 of which are over already.
    assertThat(read.podSets()).extracting(Workload.PodSet::count).containsExactly(1, 4);
    assertThat(read.pods()).isEqualTo(5);
    assertThat(read.podSets().get(1).flavors()).isEqualTo(Set.of("any", "h100"));
    assertThat(read.checks())
        .containsExactly(
            new Workload.CheckState("fits", "Pending", "", 3),
            new Workload.CheckState("other", "Ready", "done", 0));
  }

  @Test
  void podHasWhatFlavorsAndOtherChecksAddToIt() {
    Flavor any = new Flavor("any", Map.of(), List.of());
    JsonNode gpu = yaml("{key: gpu, operator: Exists}");
    Flavor h100 = new Flavor("h100", Map.of("gpu", "h100"), List.of(gpu));
    Workload.PodSet worker = workload(RESERVED).podSets().get(1);
    assertThat(worker.withFlavors(Map.of("any", any))).as("h100 is not known").isNull();
    JsonNode pod = Objects.requireNonNull(worker.withFlavors(Map.of("any", any, "h100", h100)));
    assertThat(pod.at("/spec/nodeSelector")).isEqualTo(yaml("{zone: a, pool: new, gpu: h100}"));
    assertThat(pod.at("/spec/tolerations"))
        .isEqualTo(yaml("[{key: new, operator: Exists}, {key: gpu, operator: Exists}]"));
    assertThat(pod.at("/metadata/labels")).isEqualTo(yaml("{app: train, from: other}"));
    assertThat(pod.at("/metadata/namespace").asText()).isEqualTo("ml");
    assertThat(worker.pod().at("/spec/nodeSelector").has("gpu")).as("it is a copy").isFalse();
  }

  @Test
  void podsOfWorkloadThatIsNotAskedAboutAreNotKept() {
    for (String admitted : List.of("Admitted", "Finished")) {
      String status =
          RESERVED.replace(
              "  conditions:", "  conditions:\n  - {type: " + admitted + ", status: \"True\"}");
      assertThat(workload(status).podSets()).as(admitted).isEmpty();
    }
    assertThat(workload(RESERVED.replace("Pending", "Ready")).podSets()).isEmpty();
    assertThat(workload("").stage()).isEqualTo(Workload.Stage.QUEUED);
  }

  @Test
  void workloadThatWasEvictedOrIsNotActiveIsQueued() {
    String evicted = RESERVED.replace("Evicted, status: \"False\"", "Evicted, status: \"True\"");
    assertThat(workload(evicted).stage()).isEqualTo(Workload.Stage.QUEUED);
    String inactive = SPEC.replace("spec:\n  podSets", "spec:\n  active: false\n  podSets");
    assertThat(Workload.of(yaml(inactive + RESERVED)).stage()).isEqualTo(Workload.Stage.QUEUED);
  }

  @Test
  void checkSaysWhetherKerfAnswersIt() {
    String text =
        """
        metadata: {name: fits, uid: c1, resourceVersion: "3", generation: 2}
        spec: {controllerName: kerf.gpu/fits}
        status:
          conditions:
          - {type: Active, status: "True", reason: Active, observedGeneration: 2}
        """;
    AdmissionCheck check = AdmissionCheck.of(yaml(text));
    assertThat(check.isOfKerf()).isTrue();
    assertThat(check.says(check.activity())).isTrue();
    AdmissionCheck older = AdmissionCheck.of(yaml(text.replace("Generation: 2", "Generation: 1")));
    assertThat(older.says(older.activity())).as("it was said of an older one").isFalse();
    AdmissionCheck parameters =
        AdmissionCheck.of(yaml(text.replace("fits}", "fits, parameters: {kind: A}}")));
    assertThat(parameters.activity().active()).isFalse();
    assertThat(parameters.activity().message()).contains("Leave spec.parameters out.");
    assertThat(AdmissionCheck.of(yaml(text.replace("kerf.gpu/fits", "x"))).isOfKerf()).isFalse();
  }

  @Test
  void flavorHasItsLabelsAndTolerations() {
    Flavor flavor =
        Flavor.of(
            yaml(
                """
                metadata: {name: h100}
                spec:
                  nodeLabels: {gpu: h100}
                  nodeTaints: [{key: gpu, effect: NoSchedule}]
                  tolerations: [{key: gpu, operator: Exists}]
                """));
    assertThat(flavor)
        .isEqualTo(
            new Flavor(
                "h100", Map.of("gpu", "h100"), List.of(yaml("{key: gpu, operator: Exists}"))));
  }
}
