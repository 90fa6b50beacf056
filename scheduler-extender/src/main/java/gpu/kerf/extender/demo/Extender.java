package gpu.kerf.extender.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.client.HttpConnection;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * kube-scheduler's side of the extender protocol: writes the requests that kube-scheduler writes,
 * and reads the answers as it does.
 */
final class Extender implements Closeable {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The nodes that may be chosen, or why not; an error means that it is unknown. */
  record Filtered(
      List<String> nodes, Map<String, String> failed, Map<String, String> hopeless, String error) {}

  /** Who must go from a node. */
  record Victims(String node, List<String> uids, long violations) {}

  private final HttpConnection connection;
  private long calls;
  private long nanos;

  Extender(HttpConnection connection) {
    this.connection = connection;
  }

  Filtered filter(ObjectNode pod, List<String> nodes) {
    JsonNode answer = call("/filter", arguments(pod, nodes));
    return new Filtered(
        texts(answer.path("NodeNames")),
        map(answer.path("FailedNodes")),
        map(answer.path("FailedAndUnresolvableNodes")),
        answer.path("Error").asText());
  }

  /** The scores by node, in the order of the answer. */
  Map<String, Integer> prioritize(ObjectNode pod, List<String> nodes) {
    Map<String, Integer> scores = new LinkedHashMap<>();
    for (JsonNode each : call("/prioritize", arguments(pod, nodes))) {
      scores.put(each.path("Host").asText(), each.path("Score").asInt());
    }
    return scores;
  }

  /** Empty if the pod is bound, otherwise the error. */
  String bind(Run run, String node) {
    ObjectNode body = JSON.createObjectNode();
    body.put("PodName", run.name()).put("PodNamespace", run.namespace());
    body.put("PodUID", run.uid()).put("Node", node);
    return call("/bind", body).path("Error").asText();
  }

  List<Victims> preempt(ObjectNode pod, List<Victims> candidates) {
    ObjectNode body = JSON.createObjectNode();
    body.set("Pod", pod);
    body.putNull("NodeNameToVictims");
    ObjectNode map = body.putObject("NodeNameToMetaVictims");
    for (Victims candidate : candidates) {
      ObjectNode victims = map.putObject(candidate.node());
      var pods = victims.putArray("Pods");
      candidate.uids().forEach(uid -> pods.addObject().put("UID", uid));
      victims.put("NumPDBViolations", candidate.violations());
    }
    List<Victims> answer = new ArrayList<>();
    JsonNode nodes = call("/preempt", body).path("NodeNameToMetaVictims");
    for (Map.Entry<String, JsonNode> node : nodes.properties()) {
      List<String> uids = new ArrayList<>();
      node.getValue().path("Pods").forEach(each -> uids.add(each.path("UID").asText()));
      long violations = node.getValue().path("NumPDBViolations").asLong();
      answer.add(new Victims(node.getKey(), uids, violations));
    }
    return answer;
  }

  private static ObjectNode arguments(ObjectNode pod, List<String> nodes) {
    ObjectNode body = JSON.createObjectNode();
    body.set("Pod", pod);
    body.putNull("Nodes");
    var names = body.putArray("NodeNames");
    nodes.forEach(names::add);
    return body;
  }

  private JsonNode call(String path, ObjectNode body) {
    try {
      byte[] bytes = JSON.writeValueAsBytes(body);
      long begun = System.nanoTime();
      int status = connection.post(path, bytes, bytes.length);
      nanos += System.nanoTime() - begun;
      calls++;
      if (status != 200) {
        throw new IOException(
            "POST " + path + " was answered with " + status + ": " + connection.text());
      }
      return JSON.readTree(connection.body(), 0, connection.length());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(each -> texts.add(each.asText()));
    return texts;
  }

  private static Map<String, String> map(JsonNode object) {
    Map<String, String> map = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> each : object.properties()) {
      map.put(each.getKey(), each.getValue().asText());
    }
    return map;
  }

  /** How many verbs were called, and for how long in all. */
  long calls() {
    return calls;
  }

  long nanos() {
    return nanos;
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }
}
