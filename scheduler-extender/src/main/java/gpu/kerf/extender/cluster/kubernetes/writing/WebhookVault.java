package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.certificate.Bundle;
import gpu.kerf.extender.certificate.Vault;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The Secret with the webhook's certificate, and the webhook configurations with the authorities
 * that the API server trusts. The manifests create the Secret, so Kerf needs no right to create
 * Secrets: with that right it could make tokens of other accounts.
 */
public final class WebhookVault implements Vault {
  /** The name of the Secret, and of the Service that the API server calls. */
  public static final String WEBHOOK = "kerf-webhook";

  private static final String CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/";
  private static final List<String> KINDS =
      List.of("mutatingwebhookconfigurations/kerf", "validatingwebhookconfigurations/kerf");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;

  private final ApiServer server;
  private final String namespace;

  public WebhookVault(ApiServer server, String namespace) {
    this.server = server;
    this.namespace = namespace;
  }

  /** Under which names the API server calls it. */
  public static List<String> names(String namespace) {
    return List.of(WEBHOOK + "." + namespace + ".svc");
  }

  private String secret() {
    return "/api/v1/namespaces/" + ApiRequest.segment(namespace) + "/secrets/" + WEBHOOK;
  }

  @Override
  public Kept read() throws IOException {
    JsonNode secret = get(secret());
    if (secret == null) {
      throw new IOException(
          "There is no Secret " + namespace + "/" + WEBHOOK + "; Kerf's manifests have one.");
    }
    JsonNode data = secret.path("data");
    Bundle bundle = new Bundle(text(data, "tls.crt"), text(data, "tls.key"), text(data, "ca.crt"));
    return new Kept(bundle, secret.at("/metadata/resourceVersion").asText());
  }

  private static String text(JsonNode data, String key) {
    try {
      byte[] bytes = Base64.getDecoder().decode(data.path(key).asText(""));
      return new String(bytes, StandardCharsets.US_ASCII);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  @Override
  public boolean replace(String version, Bundle bundle) throws IOException {
    ObjectNode secret = (ObjectNode) require(get(secret()));
    secret.withObject("/metadata").put("resourceVersion", version);
    ObjectNode data = secret.withObject("/data");
    data.put("tls.crt", bytes(bundle.certificate()));
    data.put("tls.key", bytes(bundle.key()));
    data.put("ca.crt", bytes(bundle.authorities()));
    ApiReply reply = server.send(ApiRequest.put(secret(), secret.toString()));
    if (reply.status() == CONFLICT) {
      return false;
    }
    check(reply);
    return true;
  }

  private static JsonNode require(@Nullable JsonNode object) throws IOException {
    if (object == null) {
      throw new IOException("The Secret is gone.");
    }
    return object;
  }

  private static String bytes(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public void believe(String authorities) throws IOException {
    for (String kind : KINDS) {
      JsonNode configuration = get(CONFIGURATIONS + kind);
      if (configuration != null) {
        believe(kind, configuration, bytes(authorities));
      }
    }
  }

  private void believe(String kind, JsonNode configuration, String authorities) throws IOException {
    ObjectNode patch = JSON.createObjectNode();
    ArrayNode webhooks = patch.putArray("webhooks");
    for (JsonNode each : configuration.path("webhooks")) {
      if (isOurs(each) && !each.at("/clientConfig/caBundle").asText("").equals(authorities)) {
        ObjectNode one = webhooks.addObject().put("name", each.path("name").asText());
        one.putObject("clientConfig").put("caBundle", authorities);
      }
    }
    if (!webhooks.isEmpty()) {
      String path = CONFIGURATIONS + kind;
      check(server.send(ApiRequest.patch(path, ApiRequest.STRATEGIC_PATCH, patch.toString())));
    }
  }

  /** Kerf does not change a webhook that an administrator has pointed to another service. */
  private boolean isOurs(JsonNode webhook) {
    JsonNode service = webhook.at("/clientConfig/service");
    return service.path("name").asText().equals(WEBHOOK)
        && service.path("namespace").asText().equals(namespace);
  }

  private @Nullable JsonNode get(String path) throws IOException {
    ApiReply reply = server.send(ApiRequest.get(path, Map.of()));
    if (reply.status() == NOT_FOUND) {
      return null;
    }
    check(reply);
    return reply.json();
  }

  private static void check(ApiReply reply) throws IOException {
    if (!reply.ok()) {
      throw new IOException(reply.status() + ": " + reply.problem());
    }
  }
}
