package gpu.kerf.bench.load;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The pods of a load as kube-scheduler sends them: some 6 KB each, with the environment, volumes
 * and tolerations that webhooks and controllers add to what a user wrote.
 *
 * <p>There are a few dozen shapes, made in advance; name and uid are put in when a pod is sent.
 */
final class PodBody {

  private static final int SHAPES = 48;
  private static final String NAME = "\u0001";
  private static final String UID = "\u0002";

  /** A pod's JSON, cut where its name and its uid belong. */
  private record Shape(List<byte[]> parts, List<String> holes) {}

  private final List<Shape> shapes = new ArrayList<>();

  /**
   * @param limits what every pod asks; empty for a mix in Kerf's own words
   */
  PodBody(long seed, String schedulerName, Map<String, String> limits) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < SHAPES; i++) {
      Map<String, String> annotations = new LinkedHashMap<>();
      Map<String, String> asked = limits.isEmpty() ? mix(random, annotations) : limits;
      shapes.add(cut(json(schedulerName, annotations, asked)));
    }
  }

  private static Map<String, String> mix(SplittableRandom random, Map<String, String> annotations) {
    int[] gib = {1, 2, 2, 4, 4, 4, 8, 8, 10, 16, 20};
    int dice = random.nextInt(10);
    if (dice == 0) {
      return Map.of("kerf.gpu/whole", "1");
    }
    if (dice < 3) {
      annotations.put("kerf.gpu/wall", "mig");
    }
    return Map.of("kerf.gpu/memory", gib[random.nextInt(gib.length)] + "Gi");
  }

  private static Shape cut(String json) {
    List<byte[]> parts = new ArrayList<>();
    List<String> holes = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < json.length(); i++) {
      String here = json.substring(i, i + 1);
      if (here.equals(NAME) || here.equals(UID)) {
        parts.add(ByteBuilder.of(json.substring(from, i)));
        holes.add(here);
        from = i + 1;
      }
    }
    parts.add(ByteBuilder.of(json.substring(from)));
    return new Shape(parts, holes);
  }

  /** Adds the JSON of a pod. */
  void write(ByteBuilder to, int number, byte[] name, byte[] uid) {
    Shape shape = shapes.get(number % SHAPES);
    for (int i = 0; i < shape.parts().size(); i++) {
      to.add(shape.parts().get(i));
      if (i < shape.holes().size()) {
        to.add(shape.holes().get(i).equals(NAME) ? name : uid);
      }
    }
  }

  private static String json(
      String schedulerName, Map<String, String> annotations, Map<String, String> limits) {
    String asked = pairs(limits);
    return "{\"metadata\":{\"name\":\""
        + NAME
        + "\",\"generateName\":\"load-7d9c5b8f6d-\",\"namespace\":\"load\",\"uid\":\""
        + UID
        + "\",\"resourceVersion\":\"1048576\",\"creationTimestamp\":\"2026-01-01T00:00:00Z\","
        + "\"labels\":{\"app.kubernetes.io/name\":\"load\",\"pod-template-hash\":\"7d9c5b8f6d\"},"
        + "\"annotations\":{"
        + pairs(annotations)
        + "},\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\",\"name\":"
        + "\"load-7d9c5b8f6d\",\"uid\":\"5d0c3c6e-27a8-4b0f-9d4c-2f4d4c1f7a11\",\"controller\":true,"
        + "\"blockOwnerDeletion\":true}]},\"spec\":{\"volumes\":["
        + volumes()
        + "],\"containers\":[{\"name\":\"main\",\"image\":\"registry.example/load:1\",\"env\":["
        + environment()
        + "],\"resources\":{\"limits\":{\"cpu\":\"1\",\"memory\":\"1Gi\","
        + asked
        + "},\"requests\":{\"cpu\":\"1\",\"memory\":\"1Gi\","
        + asked
        + "}},\"terminationMessagePath\":\"/dev/termination-log\",\"imagePullPolicy\":"
        + "\"IfNotPresent\"}],\"restartPolicy\":\"Always\",\"terminationGracePeriodSeconds\":30,"
        + "\"dnsPolicy\":\"ClusterFirst\",\"serviceAccountName\":\"default\",\"schedulerName\":\""
        + schedulerName
        + "\",\"tolerations\":["
        + tolerations()
        + "],\"priority\":0,\"enableServiceLinks\":true,\"preemptionPolicy\":"
        + "\"PreemptLowerPriority\"},\"status\":{\"phase\":\"Pending\",\"conditions\":[{\"type\":"
        + "\"PodScheduled\",\"status\":\"False\",\"lastProbeTime\":null,\"lastTransitionTime\":"
        + "\"2026-01-01T00:00:00Z\",\"reason\":\"Unschedulable\"}],\"qosClass\":\"Guaranteed\"}}";
  }

  private static String pairs(Map<String, String> map) {
    List<String> pairs = new ArrayList<>();
    map.forEach((key, value) -> pairs.add("\"" + key + "\":\"" + value + "\""));
    return String.join(",", pairs);
  }

  private static String environment() {
    List<String> variables = new ArrayList<>();
    for (int i = 0; i < 52; i++) {
      variables.add(
          "{\"name\":\"SERVICE_%02d_ENDPOINT\",\"value\":\"http://service-%02d.load.svc:8080/v1\"}"
              .formatted(i, i));
    }
    variables.add(
        "{\"name\":\"POD_NAME\",\"valueFrom\":{\"fieldRef\":{\"apiVersion\":\"v1\",\"fieldPath\":"
            + "\"metadata.name\"}}}");
    return String.join(",", variables);
  }

  private static String volumes() {
    List<String> volumes = new ArrayList<>();
    for (String name : List.of("config", "models", "cache", "certificates")) {
      volumes.add(
          "{\"name\":\"%s\",\"configMap\":{\"name\":\"load-%s\",\"defaultMode\":420}}"
              .formatted(name, name));
    }
    return String.join(",", volumes);
  }

  private static String tolerations() {
    List<String> tolerations = new ArrayList<>();
    for (String key : List.of("not-ready", "unreachable", "disk-pressure", "memory-pressure")) {
      tolerations.add(
          "{\"key\":\"node.kubernetes.io/%s\",\"operator\":\"Exists\",\"effect\":\"NoExecute\"}"
              .formatted(key));
    }
    return String.join(",", tolerations);
  }
}
