package gpu.kerf.extender.explain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pods are found by the form of what holds them, in kinds that Kerf has never heard of. */
class ManifestsTest {

  private static Manifests parse(String text) throws IOException {
    return Manifests.parse("file", text);
  }

  private static List<String> from(Manifests manifests) {
    return manifests.found().stream().map(Manifests.Found::from).toList();
  }

  private static String containers(String resource) {
    return "containers: [{name: main, resources: {limits: {" + resource + "}}}]";
  }

  @Test
  void groupsOfARayClusterArePods() throws IOException {
    Manifests manifests =
        parse(
            """
            kind: RayCluster
            metadata: {name: ray, namespace: ml}
            spec:
              headGroupSpec: {template: {spec: {%1$s}}}
              workerGroupSpecs:
              - {groupName: a, template: {metadata: {labels: {x: y}}, spec: {%1$s}}}
            """
                .formatted(containers("kerf.gpu/whole: 1")));

    assertThat(from(manifests))
        .containsExactly(
            "RayCluster/ray (spec.headGroupSpec.template)",
            "RayCluster/ray (spec.workerGroupSpecs[0].template)");
    assertThat(manifests.found().get(1).pod().at("/metadata/namespace").asText()).isEqualTo("ml");
    assertThat(manifests.found().get(1).pod().at("/metadata/labels/x").asText()).isEqualTo("y");
  }

  @Test
  void jobsInsideAJobSetArePods() throws IOException {
    Manifests manifests =
        parse(
            """
            kind: JobSet
            metadata: {name: s}
            spec: {replicatedJobs: [{name: w, template: {spec: {template: {spec: {%s}}}}}]}
            """
                .formatted(containers("kerf.gpu/whole: 1")));

    assertThat(from(manifests)).containsExactly("JobSet/s");
  }

  @Test
  void podSetsOfAWorkloadOfKueueArePods() throws IOException {
    Manifests manifests =
        parse(
            """
            kind: Workload
            metadata: {name: job-w}
            spec: {podSets: [{name: main, count: 4, template: {spec: {%s}}}]}
            """
                .formatted(containers("kerf.gpu/whole: 1")));

    assertThat(from(manifests)).containsExactly("Workload/job-w");
  }

  @Test
  void theSpecOfAPodMayStandWithoutATemplate() throws IOException {
    Manifests manifests =
        parse(
            """
            kind: InferenceService
            metadata: {name: llm, annotations: {kerf.gpu/wall: mig}}
            spec: {predictor: {minReplicas: 1, %s}}
            """
                .formatted(containers("kerf.gpu/memory: 8Gi")));

    assertThat(from(manifests)).containsExactly("InferenceService/llm");
    assertThat(manifests.found().get(0).pod().at("/metadata/annotations/kerf.gpu~1wall").asText())
        .as("KServe puts the object's annotations on its pods")
        .isEqualTo("mig");
  }

  @Test
  void whatAsksForGpusInAFormOfItsOwnIsNamedAndNotRead() throws IOException {
    Manifests manifests =
        parse(
            """
            kind: SparkApplication
            metadata: {name: s}
            spec:
              driver: {cores: 1, template: {spec: {containers: [{name: driver}]}}}
              executor: {cores: 1, gpu: {name: nvidia.com/gpu, quantity: 1}}
            ---
            kind: InferenceService
            metadata: {name: i}
            spec: {predictor: {model: {resources: {limits: {nvidia.com/gpu: 1}}}}}
            ---
            kind: PersistentVolumeClaim
            metadata: {name: p}
            spec: {resources: {requests: {storage: 1Gi}}}
            """);

    assertThat(from(manifests)).containsExactly("SparkApplication/s");
    assertThat(manifests.unread())
        .containsExactly(
            "SparkApplication/s: spec.executor", "InferenceService/i: spec.predictor.model");
    assertThat(manifests.skipped()).containsExactly("PersistentVolumeClaim/p");
  }

  @Test
  void aDeepObjectEnds() throws IOException {
    String deep = "{a: ".repeat(60) + "1" + "}".repeat(60);
    assertThat(parse("{kind: X, metadata: {name: x}, spec: " + deep + "}").skipped())
        .containsExactly("X/x");
  }
}
