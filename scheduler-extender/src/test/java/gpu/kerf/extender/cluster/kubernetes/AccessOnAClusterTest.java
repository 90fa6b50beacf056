package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.manifests.Shipped;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Three service accounts look at Kerf, and a real API server says what each may see. */
@ClusterTest
final class AccessOnAClusterTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http = HttpClient.newHttpClient();
  private ControlPlane plane;
  private RunningKerf kerf;

  @BeforeEach
  void start() {
    plane = ControlPlane.start();
    plane.apply(Shipped.text("base/teams.yaml"));
    plane.kubectl("wait", "--for=condition=Established", "crd/teams.kerf.gpu", "--timeout=60s");
    for (String team : List.of("research", "fraud")) {
      plane.kubectl("create", "namespace", team);
      plane.kubectl("create", "serviceaccount", "scientist", "--namespace=" + team);
      plane.apply(team(team));
    }
    plane.kubectl("create", "serviceaccount", "admin", "--namespace=default");
    plane.kubectl(
        "create",
        "clusterrolebinding",
        "admin-sees-all",
        "--clusterrole=cluster-admin",
        "--serviceaccount=default:admin");
    plane.apply(Inventory.eightH100("a").manifest());
    kerf =
        RunningKerf.on(
            plane,
            "observe.host=127.0.0.1",
            "observe.port=0",
            "observe.console=true",
            "observe.access=token");
  }

  @AfterEach
  void stop() {
    kerf.close();
    plane.close();
  }

  private static String team(String name) {
    return """
    apiVersion: kerf.gpu/v1alpha1
    kind: Team
    metadata: {name: %1$s}
    spec: {guarantee: "4", namespaces: {names: [%1$s]}}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: kerf-team-%1$s}
    rules:
    - {apiGroups: [kerf.gpu], resources: [teams], resourceNames: [%1$s], verbs: [get]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: kerf-team-%1$s}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: kerf-team-%1$s}
    subjects:
    - {kind: ServiceAccount, name: scientist, namespace: %1$s}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: view, namespace: %1$s}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
    subjects:
    - {kind: ServiceAccount, name: scientist, namespace: %1$s}
    ---
    apiVersion: v1
    kind: Pod
    metadata: {name: train, namespace: %1$s}
    spec:
      schedulerName: kerf
      containers: [{name: main, image: app, resources: {limits: {kerf.gpu/whole: "1"}}}]
    """
        .formatted(name);
  }

  private String token(String namespace, String account) {
    return plane.kubectl("create", "token", account, "--namespace=" + namespace).strip();
  }

  private HttpResponse<String> get(String token, String path) {
    URI uri = URI.create("http://127.0.0.1:" + kerf.service().service().observedPort() + path);
    try {
      return http.send(
          HttpRequest.newBuilder(uri).header("Authorization", "Bearer " + token).build(),
          BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private List<String> names(String token, String path, String list, String field) {
    HttpResponse<String> answer = get(token, path);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    List<String> names = new ArrayList<>();
    try {
      JSON.readTree(answer.body())
          .path(list)
          .forEach((JsonNode each) -> names.add(each.path(field).asText()));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return names;
  }

  @Test
  void eachSeesWhatTheApiServerLetsItRead() {
    String admin = token("default", "admin");
    String research = token("research", "scientist");
    Await.until(
        "Kerf knows both teams and both pods",
        () ->
            names(admin, "/api/v1/teams", "teams", "name").size() == 2
                && names(admin, "/api/v1/pods", "pods", "namespace").size() == 2);
    assertThat(names(research, "/api/v1/teams", "teams", "name")).containsExactly("research");
    assertThat(names(research, "/api/v1/pods", "pods", "namespace")).containsExactly("research");
    assertThat(names(token("fraud", "scientist"), "/api/v1/teams", "teams", "name"))
        .containsExactly("fraud");
    assertThat(get(research, "/api/v1/fleet").body()).doesNotContain("fraud");
    assertThat(get(research, "/metrics").statusCode()).isEqualTo(403);
    assertThat(get(admin, "/metrics").statusCode()).isEqualTo(200);
    assertThat(get("nonsense", "/api/v1/teams").statusCode()).isEqualTo(401);
    assertThat(get(token("default", "default"), "/api/v1/teams").statusCode()).isEqualTo(403);
  }
}
