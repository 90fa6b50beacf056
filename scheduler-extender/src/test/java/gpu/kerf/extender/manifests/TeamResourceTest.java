package gpu.kerf.extender.manifests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.team.TeamReading;
import gpu.kerf.extender.team.TeamSpec;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The kind Team as an API server takes it: what it accepts, and each thing that it refuses. */
@ClusterTest
final class TeamResourceTest {
  private static final String RESEARCH =
      """
      apiVersion: kerf.gpu/v1alpha1
      kind: Team
      metadata: {name: research}
      spec:
        parent: bank
        namespaces: {names: [research, notebooks]}
        guarantee: "6"
        limit: "12.5"
        weight: 2
        priority: -3
        models: [{name: H100-80GB, guarantee: "4", limit: "8"}]
        windows:
        - name: nights
          schedule: "0 20 * * 1-5"
          timeZone: Europe/Berlin
          duration: 10h
          guarantee: "12"
          limit: "24"
          weight: "0.5"
          priority: 7
          models: [{name: H100-80GB, limit: "16"}]
        - {name: sundays, schedule: "0 0 * * SUN", timeZone: UTC, duration: 1d}
        budget: {gpuHours: "2000.125", period: Month, onExhausted: Evict, timeZone: Asia/Tokyo}
        protect: {minRuntime: 1h30m}
        idle: {after: 45m, warn: 90s}
      """;

  private ControlPlane plane;

  @BeforeEach
  void use(ControlPlane shared) {
    plane = shared;
    for (var object : Shipped.objects(Shipped.text("base/teams.yaml"))) {
      plane.apply(object.toString());
    }
    plane.kubectl("wait", "--for=condition=Established", "crd/teams.kerf.gpu", "--timeout=60s");
  }

  private String create(String manifest) {
    return plane.kubectlWithInput(
        manifest, "create", "--dry-run=server", "--validate=strict", "-o", "json", "-f", "-");
  }

  private static String team(String spec) {
    return "{apiVersion: kerf.gpu/v1alpha1, kind: Team, metadata: {name: research}, spec: {%s}}"
        .formatted(spec);
  }

  @Test
  void theApiServerTakesTheKindWithoutAnyReserve() {
    assertThat(
            plane.kubectl(
                "get",
                "crd",
                "teams.kerf.gpu",
                "-o",
                "jsonpath={range .status.conditions[*]}{.type}={.status} {end}"))
        .contains("NamesAccepted=True", "Established=True")
        .doesNotContain("NonStructuralSchema=True");
  }

  @Test
  void everyFieldIsTakenAndReadAgain() {
    TeamReading read = TeamReading.of(Shipped.objects(create(RESEARCH)).get(0));
    assertThat(read.problems()).isEmpty();
    TeamSpec spec = Objects.requireNonNull(read.spec());
    assertThat(spec.team().limit()).hasToString("12.500");
    assertThat(spec.windows()).hasSize(2);
    assertThat(spec.windows().get(0).team().weight()).hasToString("0.500");
    assertThat(Objects.requireNonNull(spec.budget()).milliGpuHours()).isEqualTo(2_000_125);
    assertThat(spec.budget().zone()).hasToString("Asia/Tokyo");
    assertThat(create(team("namespaces: {selector: {matchLabels: {team: research}}}")))
        .contains("matchLabels");
    assertThat(create(team("budget: {gpuHours: \"1\", period: Day}")))
        .as("the default that the API server writes")
        .contains("\"onExhausted\": \"Hold\"");
  }

  static Stream<Arguments> refused() {
    String window =
        "windows: [{name: a, schedule: \"0 20 * * *\", timeZone: UTC, duration: 1h, %s}]";
    return Stream.of(
        Arguments.of("parent: research", "spec.parent is the team itself"),
        Arguments.of("parent: Bank", "spec.parent"),
        Arguments.of("guarantee: \"5\", limit: \"4.999\"", "guarantee is above the limit"),
        Arguments.of("guarantee: \"-1\"", "spec.guarantee"),
        Arguments.of("guarantee: NaN", "spec.guarantee"),
        Arguments.of("guarantee: \"1e3\"", "spec.guarantee"),
        Arguments.of("guarantee: \"1000000.001\"", "spec.guarantee"),
        Arguments.of("guarantee: \"1.0001\"", "spec.guarantee"),
        Arguments.of("guarantee: 6", "must be of type string"),
        Arguments.of("limit: \"\"", "spec.limit"),
        Arguments.of("weight: -1", "spec.weight"),
        Arguments.of("weight: \"x\"", "spec.weight"),
        Arguments.of("weight: 1000001", "spec.weight"),
        Arguments.of("priority: 1.5", "spec.priority"),
        Arguments.of("priority: 3000000000", "spec.priority"),
        Arguments.of("namespaces: {}", "namespaces needs either names or a selector"),
        Arguments.of(
            "namespaces: {names: [a], selector: {matchLabels: {a: b}}}",
            "namespaces needs either names or a selector"),
        Arguments.of("namespaces: {names: []}", "spec.namespaces.names"),
        Arguments.of("namespaces: {names: [a, a]}", "Duplicate value: \"a\""),
        Arguments.of("namespaces: {names: [A]}", "spec.namespaces.names[0]"),
        Arguments.of("namespaces: {selector: {matchLabels: {}}}", "matchLabels"),
        Arguments.of("namespaces: {selector: {matchExpressions: []}}", "matchExpressions"),
        Arguments.of(
            "models: [{name: a, guarantee: \"2\", limit: \"1\"}]", "guarantee is above the limit"),
        Arguments.of("models: [{name: a}, {name: a}]", "Duplicate value"),
        Arguments.of("models: [{guarantee: \"2\"}]", "spec.models[0].name"),
        Arguments.of(
            "limit: \"4\", " + window.formatted("guarantee: \"5\""),
            "a window has a guarantee above the limit"),
        Arguments.of(
            "guarantee: \"4\", " + window.formatted("limit: \"3\""),
            "a window has a guarantee above the limit"),
        Arguments.of(
            window
                .formatted("")
                .replace(
                    "}]", "}, {name: a, schedule: \"1 1 * * *\", timeZone: UTC, duration: 1h}]"),
            "Duplicate value"),
        Arguments.of(window.formatted("").replace("20 ", ""), "spec.windows[0].schedule"),
        Arguments.of(window.formatted("").replace("UTC", "\"+1\""), "spec.windows[0].timeZone"),
        Arguments.of(window.formatted("").replace("1h", "1 h"), "spec.windows[0].duration"),
        Arguments.of(window.formatted("").replace("timeZone: UTC, ", ""), "timeZone"),
        Arguments.of("budget: {gpuHours: \"-5\", period: Month}", "spec.budget.gpuHours"),
        Arguments.of("budget: {gpuHours: NaN, period: Month}", "spec.budget.gpuHours"),
        Arguments.of("budget: {gpuHours: \"NaN\", period: Month}", "spec.budget.gpuHours"),
        Arguments.of("budget: {gpuHours: \"1e9\", period: Month}", "spec.budget.gpuHours"),
        Arguments.of("budget: {gpuHours: 5, period: Month}", "must be of type string"),
        Arguments.of(
            "budget: {gpuHours: \"5\", period: Month, timeZone: \"+1\"}", "spec.budget.timeZone"),
        Arguments.of("budget: {gpuHours: \"5\"}", "spec.budget.period"),
        Arguments.of("budget: {gpuHours: \"5\", period: Decade}", "spec.budget.period"),
        Arguments.of(
            "budget: {gpuHours: \"5\", period: Day, onExhausted: Kill}", "spec.budget.onExhausted"),
        Arguments.of("protect: {minRuntime: \"10\"}", "spec.protect.minRuntime"),
        Arguments.of("idle: {after: \"45\"}", "spec.idle.after"),
        Arguments.of("idle: {after: 45m, warn: soon}", "spec.idle.warn"),
        Arguments.of("idle: {warn: 5m}", "spec.idle.after"),
        Arguments.of("quota: \"5\"", "unknown field \"spec.quota\""));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatCannotBeRightIsRefusedWithItsPlace(String spec, String says) {
    assertThatThrownBy(() -> create(team(spec))).hasMessageContaining(says);
  }

  @Test
  void aNameThatNoParentCouldNameIsRefused() {
    assertThatThrownBy(() -> create(team("").replace("name: research", "name: a.b")))
        .hasMessageContaining("metadata.name is longer than 63");
    assertThatThrownBy(() -> create(team("").replace("name: research", "name: " + "a".repeat(64))))
        .hasMessageContaining("metadata.name is longer than 63");
  }

  @Test
  void theTableShowsWhatATeamHas() {
    plane.apply(RESEARCH);
    String status =
        """
        {"status": {"observedGeneration": 1, "held": "6.000", "borrowed": "0.500", "share": "7.250", "pending": 3,
          "conditions": [{"type": "Accepted", "status": "True", "reason": "Accepted", "message": "",
            "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}
        """;
    plane.kubectl(
        "patch", "team", "research", "--subresource=status", "--type=merge", "-p", status);
    List<String> lines = plane.kubectl("get", "teams").lines().toList();
    assertThat(lines.get(0).split(" +", -1))
        .containsExactly(
            "NAME",
            "PARENT",
            "GUARANTEE",
            "LIMIT",
            "HELD",
            "SHARE",
            "PENDING",
            "BUDGET",
            "ACCEPTED");
    assertThat(lines.get(1).split(" +", -1))
        .containsExactly(
            "research", "bank", "6", "12.5", "6.000", "7.250", "3", "2000.125", "True");
    assertThat(plane.kubectl("get", "kerf", "-o", "wide")).contains("BORROWED", "REASON", "0.500");
    plane.kubectl("delete", "team", "research");
  }
}
