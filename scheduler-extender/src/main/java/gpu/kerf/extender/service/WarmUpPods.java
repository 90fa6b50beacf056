package gpu.kerf.extender.service;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Request bodies for the {@link WarmUp}: what kube-scheduler would send about pods of many kinds on
 * a fleet of given nodes.
 */
final class WarmUpPods {
  private static final int LIVING = 20;
  private static final List<String> LIMITS =
      List.of(
          "\"kerf.gpu/memory\":\"8Gi\"",
          "\"kerf.gpu/memory\":\"20Gi\"",
          "\"kerf.gpu/whole\":\"1\"",
          "\"kerf.gpu/memory\":\"4Gi\",\"cpu\":\"2\",\"memory\":\"8Gi\"",
          "\"kerf.gpu/memory\":\"38Gi\"",
          "\"kerf.gpu/whole\":\"8\"",
          "\"kerf.gpu/memory\":\"900Gi\"");
  private static final List<String> ANNOTATIONS =
      List.of("{}", "{\"kerf.gpu/wall\":\"mig\"}", "{\"kerf.gpu/wall\":\"mps\"}", "{}");

  private final String names;
  private final String victims;

  WarmUpPods(List<String> nodes) {
    this.names = "\"" + String.join("\",\"", nodes) + "\"";
    this.victims = "\"" + nodes.get(0) + "\":{\"Pods\":[],\"NumPDBViolations\":0}";
  }

  byte[] filter(int number) {
    return bytes("{\"Pod\":" + pod(number) + ",\"Nodes\":null,\"NodeNames\":[" + names + "]}");
  }

  byte[] prioritize(int number, String node) {
    return bytes("{\"Pod\":" + pod(number) + ",\"Nodes\":null,\"NodeNames\":[\"" + node + "\"]}");
  }

  byte[] bind(int number, String node) {
    return bytes(
        "{\"PodName\":\"p-%d\",\"PodNamespace\":\"rehearsal\",\"PodUID\":\"%s\",\"Node\":\"%s\"}"
            .formatted(number, uid(number), node));
  }

  byte[] preempt(int number) {
    return bytes(
        "{\"Pod\":%s,\"NodeNameToVictims\":null,\"NodeNameToMetaVictims\":{%s}}"
            .formatted(pod(number), victims));
  }

  /** The first node that a filter answer names; empty if it names none. */
  String firstNode(String answer) {
    String key = "\"NodeNames\":[\"";
    int at = answer.indexOf(key);
    return at < 0
        ? ""
        : answer.substring(at + key.length(), answer.indexOf('"', at + key.length()));
  }

  /** The uid of the pod whose time is over, so that there is always room. */
  String leaving(int number) {
    return uid(number - LIVING);
  }

  private static String uid(int number) {
    return "rehearsal-" + number;
  }

  private static String pod(int number) {
    String limits = LIMITS.get(number % LIMITS.size());
    String annotations = ANNOTATIONS.get(number / LIMITS.size() % ANNOTATIONS.size());
    return ("{\"metadata\":{\"name\":\"p-%d\",\"namespace\":\"rehearsal\",\"uid\":\"%s\","
            + "\"creationTimestamp\":\"2026-01-01T00:00:00Z\",\"labels\":{\"app\":\"rehearsal\"},"
            + "\"annotations\":%s},\"spec\":{\"schedulerName\":\"kerf\",\"priority\":0,"
            + "\"containers\":[{\"name\":\"main\",\"image\":\"rehearsal\",\"resources\":"
            + "{\"limits\":{%s},\"requests\":{%s}}}]},\"status\":{\"phase\":\"Pending\"}}")
        .formatted(number, uid(number), annotations, limits, limits);
  }

  private static byte[] bytes(String json) {
    return json.getBytes(StandardCharsets.UTF_8);
  }
}
