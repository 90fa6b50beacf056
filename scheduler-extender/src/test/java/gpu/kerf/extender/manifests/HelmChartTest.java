package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.controlplane.Helm;
import gpu.kerf.extender.controlplane.Kustomize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code manifests} as a Helm chart: it renders what kustomize renders, but for three things that
 * are stated here. No cluster is needed; {@link HelmInstallTest} has one.
 */
final class HelmChartTest {
  /** Kustomize's own name of the scheduler's file has a hash; the chart has a checksum instead. */
  private static final String HASHED = "kerf-scheduler-[0-9a-z]{10}";

  private static final String RAW_IMAGES =
      "images.kerf=kerf,images.kube-scheduler=kube-scheduler,images.mps=mps,images.cuda=cuda";

  @TempDir Path folder;

  private Kustomize kustomize;
  private Helm helm;

  @BeforeEach
  void find() {
    kustomize = Kustomize.orSkip();
    helm = Helm.orSkip(folder);
  }

  static List<String> overlays() {
    return Shipped.in("overlays");
  }

  static List<String> components() {
    return Shipped.in("components").stream()
        .filter(name -> !name.equals("published-images"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void anOverlayIsTheSameByHelm(String overlay) throws IOException {
    JsonNode kustomization =
        Shipped.objects(Shipped.text("overlays/" + overlay + "/kustomization.yaml")).get(0);
    List<String> components = new ArrayList<>();
    kustomization
        .path("components")
        .forEach(path -> components.add(path.asText().replace("../../components/", "")));
    boolean mps = kustomization.path("resources").toString().contains("../../mps");
    String byKustomize = kustomize.render(Shipped.file("overlays/" + overlay));
    Path values = folder.resolve("values.yaml");
    Files.writeString(values, patches(kustomization));
    assertThat(ofHelm(template(components, mps, RAW_IMAGES, "--values=" + values)))
        .isEqualTo(ofKustomize(byKustomize));
  }

  /** What an overlay changes besides, as the chart's value. */
  private static String patches(JsonNode kustomization) {
    ObjectNode values = JsonNodeFactory.instance.objectNode();
    for (JsonNode each : kustomization.path("patches")) {
      values.withArray("patches").add(Shipped.objects(each.path("patch").asText()).get(0));
    }
    return values.toString();
  }

  @ParameterizedTest
  @MethodSource("components")
  void aComponentIsTheSameByHelm(String component) throws IOException {
    assertThat(ofHelm(template(List.of(component), true, RAW_IMAGES)))
        .isEqualTo(ofKustomize(kustomize(List.of("base", "mps"), List.of(component))));
  }

  @Test
  void componentsCombineAsInKustomize() throws IOException {
    List<String> some = List.of("ha", "cert-manager", "access", "mps-plugin", "k3s", "kai-teams");
    assertThat(ofHelm(template(some, true, RAW_IMAGES)))
        .isEqualTo(ofKustomize(kustomize(List.of("base", "mps"), some)));
  }

  @Test
  void monitoringIsTheSameByHelm() throws IOException {
    assertThat(ofHelm(template(List.of(), true, RAW_IMAGES, "--set=monitoring=true")))
        .isEqualTo(ofKustomize(kustomize(List.of("base", "mps", "monitoring"), List.of())));
  }

  @Test
  void imagesAreThoseOfTheComponentOfPublishedNames() throws IOException {
    List<String> components = List.of("inventory-reporter", "published-images");
    String byKustomize = kustomize(List.of("base", "mps"), components);
    assertThat(ofHelm(template(List.of("inventory-reporter"), true, "mps=true")))
        .isEqualTo(ofKustomize(byKustomize));
    assertThat(byKustomize)
        .contains("image: registry.k8s.io/kube-scheduler:v1.36.3")
        .contains("image: docker.io/library/debian:")
        .contains("image: nvcr.io/nvidia/cuda:");
  }

  @Test
  void kubeSchedulerIsOfTheClustersVersion() {
    assertThat(template(List.of(), true, "mps=true", "--kube-version=v1.34.2+k3s1"))
        .contains("image: registry.k8s.io/kube-scheduler:v1.34.2\n");
  }

  @Test
  void settingsAreWrittenOverThoseOfTheManifests() {
    String rendered = template(List.of(), true, "settings.log.level=debug");
    assertThat(object(rendered, "ConfigMap/kerf-system/kerf").toString())
        .contains("level: debug", "format: json", "make: true");
  }

  @Test
  void aPatchChangesAnObject() throws IOException {
    Path values = folder.resolve("values.yaml");
    Files.writeString(
        values,
        """
        patches:
        - kind: Deployment
          metadata: {name: kerf}
          spec:
            template:
              spec:
                imagePullSecrets: [{name: mine}]
                containers: [{name: kerf, resources: {requests: {memory: 1Gi}}}]
        """);
    JsonNode pod =
        object(
                template(List.of(), true, RAW_IMAGES, "--values=" + values),
                "Deployment/kerf-system/kerf")
            .at("/spec/template/spec");
    assertThat(pod.at("/imagePullSecrets/0/name").asText()).isEqualTo("mine");
    assertThat(pod.at("/containers/0/resources/requests/memory").asText()).isEqualTo("1Gi");
    assertThat(pod.at("/containers/0/resources/requests/cpu").asText()).isEqualTo("100m");
  }

  @Test
  void withoutSayingSoTheNamespaceIsHelms() {
    assertThat(ofHelm(template(List.of(), true, "namespace.create=false")))
        .doesNotContainKey("Namespace//kerf-system")
        .containsKey("Namespace//kerf-mps");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "components={ha,nothing}|components has nothing, and there are only access,",
        "component={ha}|additional properties 'component' not allowed",
        "mps=yes|got string, want boolean",
        "patches[0].kind=Deployment,patches[0].metadata.name=other|Deployment other, which is",
      })
  void aWrongValueIsRefused(String each) {
    String[] parts = each.split("\\|", 2);
    assertThatThrownBy(() -> template(List.of(), true, parts[0])).hasMessageContaining(parts[1]);
  }

  @ParameterizedTest
  @ValueSource(strings = {"namePrefix: my-", "patches: [{path: a.yaml, options: {}}]"})
  void aFieldOfKustomizeThatTheChartDoesNotKnowIsRefused(String field) throws IOException {
    Path chart = folder.resolve("chart");
    copy(Shipped.file(""), chart);
    Path ha = chart.resolve("components/ha/kustomization.yaml");
    Files.writeString(ha, "kind: Component\n" + field + "\n");
    assertThatThrownBy(() -> render(chart.toString(), List.of("ha"), true, "mps=true"))
        .hasMessageContaining("components/ha/kustomization.yaml has the field ")
        .hasMessageContaining("which the chart does not know");
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  @Test
  void anotherNamespaceIsRefused() {
    String chart = Shipped.file("").toString();
    assertThatThrownBy(() -> helm.run("template", "kerf", chart, "--namespace=default"))
        .hasMessageContaining("this release is in default")
        .hasMessageContaining("--namespace kerf-system --create-namespace");
  }

  @Test
  void thePackageHasAllThatItReads() {
    String chart = Shipped.file("").toString();
    helm.run("lint", "--strict", chart, "--namespace=kerf-system");
    helm.run("package", chart, "--destination=" + folder);
    Path archive = folder.resolve("kerf-0.1.0.tgz");
    assertThat(render(archive.toString(), List.of("ha"), true, RAW_IMAGES))
        .isEqualTo(template(List.of("ha"), true, RAW_IMAGES));
    String all = "components={" + String.join(",", Shipped.in("components")) + "},monitoring=true";
    assertThat(render(archive.toString(), List.of(), true, all)).contains("kind: ServiceMonitor");
  }

  private String template(List<String> components, boolean mps, String values, String... more) {
    return render(Shipped.file("").toString(), components, mps, values, more);
  }

  private String render(
      String chart, List<String> components, boolean mps, String values, String... more) {
    List<String> command = new ArrayList<>(List.of("template", "kerf", chart));
    command.addAll(
        List.of(
            "--namespace=kerf-system",
            "--no-hooks",
            "--kube-version=1.36.3",
            "--set=namespace.create=true",
            "--set=mps=" + mps,
            "--set=" + values));
    if (!components.isEmpty()) {
      command.add("--set=components={" + String.join(",", components) + "}");
    }
    command.addAll(List.of(more));
    return helm.run(command.toArray(String[]::new));
  }

  /** Kustomize takes other folders by their paths from here alone. */
  private String kustomize(List<String> folders, List<String> components) throws IOException {
    Path here =
        Files.createDirectories(Path.of(System.getProperty("basedir", ""), "target", "helm-chart"));
    Path manifests = here.toRealPath().relativize(Shipped.file("").toRealPath());
    StringBuilder text = new StringBuilder("resources:\n");
    folders.forEach(each -> text.append("- %s/%s%n".formatted(manifests, each)));
    if (!components.isEmpty()) {
      text.append("components:\n");
      components.forEach(each -> text.append("- %s/components/%s%n".formatted(manifests, each)));
    }
    Files.writeString(here.resolve("kustomization.yaml"), text);
    return kustomize.render(here);
  }

  private static Map<String, JsonNode> ofKustomize(String yaml) {
    return byName(yaml.replaceAll(HASHED, "kerf-scheduler"));
  }

  /** What helm adds must be there, and is taken away. */
  private static JsonNode object(String yaml, String name) {
    return Objects.requireNonNull(ofHelm(yaml).get(name), name);
  }

  private static Map<String, JsonNode> ofHelm(String yaml) {
    Map<String, JsonNode> objects = byName(yaml);
    take(objects, "Deployment/kerf-system/kerf", "/spec/template/metadata", "checksum/scheduler");
    take(
        objects,
        "CustomResourceDefinition//teams.kerf.gpu",
        "/metadata",
        "helm.sh/resource-policy");
    return objects;
  }

  private static void take(
      Map<String, JsonNode> objects, String name, String metadata, String annotation) {
    ObjectNode holder = (ObjectNode) objects.getOrDefault(name, missing()).at(metadata);
    ObjectNode annotations = (ObjectNode) holder.path("annotations");
    assertThat(annotations.remove(annotation)).as(annotation).isNotNull();
    if (annotations.isEmpty()) {
      holder.remove("annotations");
    }
  }

  private static JsonNode missing() {
    return JsonNodeFactory.instance.missingNode();
  }

  private static Map<String, JsonNode> byName(String yaml) {
    Map<String, JsonNode> objects = new TreeMap<>();
    for (JsonNode object : Shipped.objects(yaml)) {
      String name =
          String.join(
              "/",
              object.path("kind").asText(),
              object.at("/metadata/namespace").asText(),
              object.at("/metadata/name").asText());
      assertThat(objects.put(name, normal(object))).as(name + " twice").isNull();
    }
    return objects;
  }

  /**
   * The same for both: a number in any way of writing, items with names in any order, and no empty
   * lines, of which kustomize adds some to what it has patched.
   */
  private static JsonNode normal(JsonNode value) {
    if (value.isNumber()) {
      return JsonNodeFactory.instance.numberNode(value.asDouble());
    }
    if (value.isTextual()) {
      return JsonNodeFactory.instance.textNode(value.asText().replaceAll("\n+", "\n"));
    }
    if (value.isArray()) {
      List<JsonNode> items = new ArrayList<>();
      value.forEach(each -> items.add(normal(each)));
      items.sort(Comparator.comparing(HelmChartTest::key));
      return JsonNodeFactory.instance.arrayNode().addAll(items);
    }
    if (value.isObject()) {
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      value.properties().forEach(each -> object.set(each.getKey(), normal(each.getValue())));
      return object;
    }
    return value;
  }

  /** Empty where the order means something. */
  private static String key(JsonNode item) {
    return item.path("name").asText(item.path("mountPath").asText());
  }
}
