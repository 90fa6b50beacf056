package gpu.kerf.extender.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.service.RunningService;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.team.TeamAcceptor;
import gpu.kerf.extender.team.TeamReading;
import gpu.kerf.extender.team.TeamSource;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.fleet.ForeignHold;
import gpu.kerf.model.fleet.Grant;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Three users look at a cluster where research and fraud share one node: an administrator, a data
 * scientist of research and one of fraud.
 */
class WhoSeesWhatTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** All that reads. */
  private static final List<String> PATHS =
      List.of(
          "/api/v1/fleet",
          "/api/v1/nodes/a",
          "/api/v1/nodes?names=a",
          "/api/v1/pods",
          "/api/v1/pods?namespace=fraud",
          "/api/v1/pods?q=fraud",
          "/api/v1/decisions",
          "/api/v1/decisions?pod=fraud-0",
          "/api/v1/teams",
          "/api/v1/teams?team=research",
          "/api/v1/teams?team=fraud",
          "/api/v1/timeline",
          "/api/v1/usage",
          "/api/v1/report?by=team&format=table",
          "/api/v1/report?by=namespace",
          "/api/v1/report?by=owner&format=csv",
          "/api/v1/report?by=team&format=focus",
          "/api/v1/events?after=0",
          "/api/v1/status");

  private final RecordedReviews reviews = RecordedReviews.ofThreeUsers();
  private final HttpClient http = HttpClient.newHttpClient();
  private RunningService service;

  @BeforeEach
  void start() throws IOException {
    service =
        RunningService.reviewed(
            reviews, List.of(RunningService.node("a", 4, "H100-80GB", GpuMode.PLAIN)));
    List<TeamReading> teams =
        List.of(team("bank", "", "4"), team("research", "bank", "2"), team("fraud", "bank", "2"));
    AcceptedTeams accepted =
        TeamAcceptor.accept(TeamSource.KERF, teams, AcceptedTeams.NONE, Map.of());
    Await.until("it is ready", () -> get("", "/readyz").statusCode() == 200);
    for (String namespace : List.of("research", "fraud")) {
      schedule(namespace, namespace + "-0", 1);
      schedule(namespace, namespace + "-2", 8);
    }
    service.onLoop(
        () -> {
          waiting("research", "research-1");
          waiting("fraud", "fraud-1");
          service.listener().teamsChanged(accepted);
          return "";
        });
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private static TeamReading team(String name, String parent, String guarantee) {
    ObjectNode object = JSON.createObjectNode();
    object.put("apiVersion", "kerf.gpu/v1alpha1").put("kind", "Team");
    object.putObject("metadata").put("name", name).put("uid", name).put("generation", 1);
    ObjectNode spec = object.putObject("spec").put("guarantee", guarantee);
    if (!parent.isEmpty()) {
      spec.put("parent", parent).putObject("namespaces").putArray("names").add(name);
      spec.putObject("budget").put("gpuHours", "100").put("period", "Month");
    }
    return TeamReading.of(object);
  }

  private void waiting(String namespace, String name) {
    service
        .listener()
        .podChanged(
            PodView.of(new PodView.Ref(namespace, name, name))
                .schedulerName("kerf")
                .createdMillis(service.millis.get())
                .container("main", Map.of("kerf.gpu/whole", "8"))
                .build());
  }

  /** kube-scheduler asks about a pod, and binds it if it fits. */
  private void schedule(String namespace, String name, int gpus) {
    JsonNode filtered =
        service.post(
            "/filter",
            ("{\"Pod\":{\"metadata\":{\"name\":\"%2$s\",\"namespace\":\"%1$s\",\"uid\":\"%2$s\"},"
                    + "\"spec\":{\"schedulerName\":\"kerf\",\"containers\":[{\"name\":\"main\","
                    + "\"resources\":{\"limits\":{\"kerf.gpu/whole\":\"%3$d\"}}}]}},"
                    + "\"NodeNames\":[\"a\"]}")
                .formatted(namespace, name, gpus));
    if (!filtered.path("NodeNames").isEmpty()) {
      JsonNode bound =
          service.post(
              "/bind",
              "{\"PodName\":\"%2$s\",\"PodNamespace\":\"%1$s\",\"PodUID\":\"%2$s\",\"Node\":\"a\"}"
                  .formatted(namespace, name));
      assertThat(bound.path("Error").asText()).isEmpty();
    }
  }

  private HttpResponse<String> get(String token, String path, String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return send(token, request);
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + service.service.observedPort() + path);
  }

  private HttpResponse<String> send(String token, HttpRequest.Builder request) {
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    try {
      return http.send(request.build(), BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private JsonNode json(String token, String path) {
    HttpResponse<String> answer = get(token, path);
    assertThat(answer.statusCode()).as(path + ": " + answer.body()).isEqualTo(200);
    try {
      return JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static List<String> texts(JsonNode list, String field) {
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(each.path(field).asText()));
    return texts;
  }

  @Test
  void anAdministratorSeesBothTeamsAndTheirPods() {
    assertThat(texts(json("admin", "/api/v1/teams").path("teams"), "name"))
        .containsExactlyInAnyOrder("bank", "research", "fraud");
    assertThat(texts(json("admin", "/api/v1/fleet").path("namespaces"), "name"))
        .containsExactly("fraud", "research");
    assertThat(json("admin", "/api/v1/pods").path("total").asInt()).isEqualTo(6);
  }

  @Test
  void aDataScientistSeesHisTeamAndHisPods() {
    assertThat(texts(json("rita", "/api/v1/teams").path("teams"), "name"))
        .containsExactly("research");
    assertThat(json("rita", "/api/v1/teams").at("/teams/0/parent").isNull()).isTrue();
    assertThat(json("rita", "/api/v1/teams").at("/teams/0/budget").isObject()).isTrue();
    assertThat(texts(json("rita", "/api/v1/pods").path("pods"), "name"))
        .containsExactlyInAnyOrder("research-0", "research-1", "research-2");
    assertThat(json("rita", "/api/v1/pods").path("total").asInt()).isEqualTo(3);
    assertThat(texts(json("rita", "/api/v1/decisions").path("decisions"), "pod"))
        .containsOnly("research-0", "research-2");
    assertThat(texts(json("frank", "/api/v1/teams").path("teams"), "name"))
        .containsExactly("fraud");
  }

  /** The names of the other team are "fraud", and those that begin with it. */
  @Test
  void noAnswerNamesAnotherTeamOrItsPods() {
    for (String path : PATHS) {
      for (String accept : List.of("application/json", "text/plain")) {
        String answer = get("rita", path, "Accept", accept).body();
        if (!path.equals("/api/v1/teams?team=fraud")) {
          assertThat(answer).as(path).doesNotContain("fraud", "bank");
        }
        assertThat(get("frank", path, "Accept", accept).body())
            .as(path)
            .doesNotContain("research-");
      }
    }
  }

  @Test
  void aReportNamesWhatIsSeenAndAddsUpToTheSame() {
    service.millis.addAndGet(60_000);
    String report = "/api/v1/report?by=owner";
    JsonNode all = json("admin", report);
    JsonNode hers = json("rita", report);
    assertThat(all.toString()).contains("Pod/research-0", "Pod/fraud-0");
    assertThat(hers.toString()).contains("Pod/research-0", "another namespace");
    assertThat(all.at("/sum/held/milliGpuMillis").asLong()).isEqualTo(120_000_000);
    assertThat(hers.path("sum")).isEqualTo(all.path("sum"));
  }

  @Test
  void othersOnASharedNodeAreAnotherTeam() {
    List<JsonNode> slots = new ArrayList<>();
    json("rita", "/api/v1/nodes/a")
        .path("gpus")
        .forEach(gpu -> gpu.path("slots").forEach(slots::add));
    assertThat(slots).hasSize(2);
    assertThat(slots.stream().map(slot -> slot.path("namespace").asText()))
        .containsExactlyInAnyOrder("research", "another team");
    for (JsonNode slot : slots) {
      boolean hers = slot.path("namespace").asText().equals("research");
      assertThat(slot.path("uid").asText()).matches(hers ? "research-0" : "another-\\d-0");
      assertThat(slot.path("pod").asText()).isEqualTo(hers ? "research-0" : "");
      assertThat(slot.path("memoryMiB").asLong()).isPositive();
    }
  }

  @Test
  void aClaimOfOthersIsSeenByItsNameWhereThePodsOfItsNamespaceAre() {
    NodeSpec node = RunningService.node("a", 4, "H100-80GB", GpuMode.PLAIN);
    Slot last = new Slot.Whole(3, 81_559);
    Placement place =
        new Placement("a", List.of(new Placement.ContainerSlots("", List.of(last))), 0, 0);
    service.onLoop(
        () -> {
          Grant grant = Grant.of(place, node);
          service
              .listener()
              .partsClaimed(
                  "a", List.of(new ForeignHold("c-1", "", "fraud", "fraud-claim", grant)));
          return "";
        });
    JsonNode slot = json("frank", "/api/v1/nodes/a").at("/gpus/3/slots/0");
    assertThat(slot.path("state").asText()).isEqualTo("claimed");
    assertThat(slot.path("namespace").asText()).isEqualTo("fraud");
    assertThat(slot.path("claim").asText()).isEqualTo("fraud-claim");
    assertThat(slot.path("kind").asText()).isEqualTo("whole");
    assertThat(get("admin", "/api/v1/nodes/a", "Accept", "text/plain").body())
        .contains("ResourceClaim fraud/fraud-claim: ");

    JsonNode hidden = json("rita", "/api/v1/nodes/a").at("/gpus/3/slots/0");
    assertThat(hidden.path("state").asText()).isEqualTo("claimed");
    assertThat(hidden.path("namespace").asText()).isEqualTo("another team");
    noAnswerNamesAnotherTeamOrItsPods();
  }

  @Test
  void aPodOfAnotherSchedulerIsNoClaim() {
    NodeSpec node = RunningService.node("a", 4, "H100-80GB", GpuMode.PLAIN);
    DriverDevices devices =
        new DriverDevices(
            "hami", "a", Collections.nCopies(4, new DriverDevices.OfGpu("gpu", List.of(), null)));
    Slot last = new Slot.Whole(3, 81_559);
    Placement place =
        new Placement("a", List.of(new Placement.ContainerSlots("", List.of(last))), 0, 0);
    service.onLoop(
        () -> {
          service.listener().nodeChanged(node.deliveredBy(DeliveryWay.HAMI_MIG, devices));
          Grant grant = Grant.of(place, node);
          service
              .listener()
              .partsClaimed("a", List.of(new ForeignHold("p-1", "", "fraud", "fraud-hami", grant)));
          return "";
        });
    JsonNode slot = json("frank", "/api/v1/nodes/a").at("/gpus/3/slots/0");
    assertThat(slot.path("state").asText()).isEqualTo("foreign");
    assertThat(slot.path("pod").asText()).isEqualTo("fraud-hami");
    assertThat(slot.path("claim").asText()).isEmpty();
    assertThat(get("admin", "/api/v1/nodes/a", "Accept", "text/plain").body())
        .contains("  fraud/fraud-hami: ")
        .doesNotContain("ResourceClaim");
    assertThat(json("rita", "/api/v1/nodes/a").at("/gpus/3/slots/0/pod").asText()).isEmpty();
    noAnswerNamesAnotherTeamOrItsPods();
  }

  @Test
  void aTeamThatIsNotToBeSeenIsAnsweredAsOneThatIsNotThere() {
    HttpResponse<String> hidden = get("rita", "/api/v1/teams?team=fraud");
    HttpResponse<String> missing = get("rita", "/api/v1/teams?team=nosuch");
    assertThat(hidden.statusCode()).isEqualTo(404);
    assertThat(withoutId(hidden.body()).replace("fraud", "nosuch"))
        .isEqualTo(withoutId(missing.body()));
  }

  private static String withoutId(String error) {
    return error.replaceAll("\"id\":\"[^\"]*\"", "");
  }

  @Test
  void sumsOfMemoryStayAndCountsOfPodsDoNot() {
    JsonNode all = json("admin", "/api/v1/fleet");
    JsonNode hers = json("rita", "/api/v1/fleet");
    assertThat(hers.at("/totals/capacityMiB")).isEqualTo(all.at("/totals/capacityMiB"));
    assertThat(hers.at("/totals/heldMiB")).isEqualTo(all.at("/totals/heldMiB"));
    assertThat(hers.at("/models")).isEqualTo(all.at("/models"));
    assertThat(hers.at("/totals/pending").asInt()).isEqualTo(2);
    assertThat(all.at("/totals/pending").asInt()).isEqualTo(4);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/api/v1/fleet", "/api/v1/nodes/a", "/api/v1/pods", "/api/v1/events", "/metrics"})
  void withoutATokenNothingIsShown(String path) {
    HttpResponse<String> answer = get("", path);
    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.headers().firstValue("WWW-Authenticate")).contains("Bearer realm=\"kerf\"");
    assertThat(answer.body()).contains("\"code\":\"unauthorized\"", "kubectl create token");
    assertThat(get("nonsense", path).statusCode()).isEqualTo(401);
  }

  /** Vert.x reads these as the same path, so the guard must as well. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "//metrics",
        "/%6detrics",
        "/./metrics",
        "/api/v1/../v1/fleet",
        "/api/v1/%66leet",
        "//api/v1/pods",
        "/api/v1/fleet/"
      })
  void noOtherWayToWriteAPathLeadsPastTheGuard(String path) {
    assertThat(get("", path).statusCode()).isIn(400, 401, 404);
    assertThat(get("", path).body()).doesNotContain("research", "kerf_", "capacityMiB");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/healthz", "/readyz", "/"})
  void probesAndTheEmptyConsoleNeedNoToken(String path) {
    assertThat(get("", path).statusCode()).isEqualTo(200);
  }

  @Test
  void metricsAreForAdministratorsOnly() {
    HttpResponse<String> refused = get("rita", "/metrics");
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body()).contains("rita may not read the metrics").doesNotContain("fraud");
    assertThat(get("admin", "/metrics").body()).contains("kerf_nodes");
  }

  @Test
  void aUserWithoutRightsIsToldWhatToAskFor() {
    reviews.knows("mallory");
    HttpResponse<String> refused = get("mallory", "/api/v1/pods");
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body()).contains("\"code\":\"forbidden\"", "teams.kerf.gpu");
  }

  @Test
  void whileTheApiServerCannotBeAskedNothingIsShown() {
    reviews.fail(new IOException("connection refused"));
    HttpResponse<String> answer = get("admin", "/api/v1/pods");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body())
        .contains("\"code\":\"not-reviewed\"", "connection refused", "kerf-access")
        .doesNotContain("research");
  }

  @Test
  void anExplanationTakesItsBodyAfterTheReview() {
    HttpRequest.Builder post =
        HttpRequest.newBuilder(uri("/api/v1/explain"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(RunningService.pod("p", "\"kerf.gpu/whole\":\"1\"")));
    HttpResponse<String> answer = send("rita", post);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains("\"readAs\"").doesNotContain("fraud");
    HttpRequest.Builder again =
        HttpRequest.newBuilder(uri("/api/v1/explain"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(RunningService.pod("p", "\"kerf.gpu/whole\":\"1\"")));
    assertThat(send("", again).statusCode()).isEqualTo(401);
  }

  @Test
  void theVerbsPortAsksForNoTokenBecauseItsClientsCanBindPods() {
    assertThat(service.get("/api/v1/pods")).contains("fraud-1", "research-1");
  }
}
