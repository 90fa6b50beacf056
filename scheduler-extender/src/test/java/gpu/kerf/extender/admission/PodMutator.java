package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;

/** Changes valid pods into invalid ones, and makes request bodies of them. */
final class PodMutator {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private static final List<String> WORDS =
      List.of(
          "",
          "all",
          "void",
          "main",
          "NVIDIA_VISIBLE_DEVICES",
          "CUDA_MPS_PIPE_DIRECTORY",
          "kerf",
          "default-scheduler",
          "kai-scheduler",
          "CREATE",
          "UPDATE",
          "ephemeralcontainers",
          "kerf-mps-pipe",
          "/dev/shm",
          "/dev",
          "/run/kerf/mps/pipe",
          "8Gi",
          "-1",
          "0",
          "0.5",
          "1e999999999",
          "9E",
          "mig",
          "mps",
          "kai/40960Mi",
          "hami",
          "Always",
          "metadata.annotations['kerf.gpu/visible-devices.main']",
          "a'] or metadata.annotations['x",
          "\u0000",
          "\u001b[2J",
          "\ud800",
          "ﷺ".repeat(70),
          "x".repeat(2_000),
          "../../..",
          "名前");

  private static final List<String> FIELDS =
      List.of(
          "name",
          "value",
          "valueFrom",
          "env",
          "envFrom",
          "resources",
          "limits",
          "requests",
          "kerf.gpu/memory",
          "kerf.gpu/whole",
          "kerf.gpu/counted",
          "kerf.gpu/wall",
          "kerf.gpu/wall.main",
          "kerf.gpu/sm-percent",
          "kerf.gpu/split",
          "gpu-fraction",
          "gpu-memory",
          "nvidia.com/gpu",
          "nvidia.com/gpumem",
          "nvidia.com/mig-1g.5gb",
          "aliyun.com/gpu-mem",
          "restartPolicy",
          "securityContext",
          "privileged",
          "capabilities",
          "add",
          "volumeMounts",
          "mountPath",
          "volumes",
          "hostPath",
          "path",
          "containers",
          "initContainers",
          "ephemeralContainers",
          "annotations",
          "metadata",
          "spec",
          "runtimeClassName",
          "schedulerName",
          "nodeName",
          "hostPID",
          "resourceClaims");

  private final Random random;
  private final List<JsonNode> pods;

  PodMutator(Random random, List<JsonNode> pods) {
    this.random = random;
    this.pods = pods;
  }

  String word() {
    return WORDS.get(random.nextInt(WORDS.size()));
  }

  /** A pod in which a few places hold something else. */
  JsonNode tangled(JsonNode pod) {
    JsonNode result = pod.deepCopy();
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      List<JsonNode> places = new ArrayList<>();
      collect(result, places);
      change(places.get(random.nextInt(places.size())));
    }
    return result;
  }

  /** The same with containers that were added while it ran. */
  JsonNode debugged(JsonNode pod) {
    ObjectNode result = pod.deepCopy();
    if (result.path("spec") instanceof ObjectNode spec) {
      ArrayNode more = spec.putArray("ephemeralContainers");
      pods.get(random.nextInt(pods.size())).path("spec").path("containers").forEach(more::add);
      more.add(anything(2));
    }
    return result;
  }

  private static void collect(JsonNode node, List<JsonNode> into) {
    if (node.isContainerNode()) {
      into.add(node);
      node.forEach(each -> collect(each, into));
    }
  }

  private void change(JsonNode place) {
    if (place instanceof ArrayNode array) {
      changeElement(array);
    } else if (place instanceof ObjectNode object) {
      List<String> names = new ArrayList<>();
      object.fieldNames().forEachRemaining(names::add);
      boolean known = !names.isEmpty() && random.nextInt(3) > 0;
      String field =
          known
              ? names.get(random.nextInt(names.size()))
              : FIELDS.get(random.nextInt(FIELDS.size()));
      if (known && random.nextInt(4) == 0) {
        object.remove(field);
      } else {
        object.set(field, anything(3));
      }
    }
  }

  private void changeElement(ArrayNode array) {
    int index = array.isEmpty() ? 0 : random.nextInt(array.size());
    switch (random.nextInt(4)) {
      case 0 -> array.insert(index, anything(3));
      case 1 -> array.add(array.isEmpty() ? anything(2) : array.get(index).deepCopy());
      case 2 -> {
        if (!array.isEmpty()) {
          array.remove(index);
        }
      }
      default -> {
        if (!array.isEmpty()) {
          array.set(index, anything(3));
        }
      }
    }
  }

  /** A value of any type, or a piece of another pod. */
  JsonNode anything(int depth) {
    return switch (random.nextInt(depth > 0 ? 10 : 6)) {
      case 0 -> JSON.nullNode();
      case 1 -> JSON.booleanNode(random.nextBoolean());
      case 2 -> JSON.numberNode(random.nextInt());
      case 3, 4, 5 -> JSON.textNode(word());
      case 6 -> JSON.arrayNode().add(anything(depth - 1)).add(anything(depth - 1));
      case 7 -> piece();
      case 8 -> deep();
      default ->
          JSON.objectNode()
              .<ObjectNode>set(FIELDS.get(random.nextInt(FIELDS.size())), anything(depth - 1))
              .set("name", anything(0));
    };
  }

  private JsonNode piece() {
    List<JsonNode> places = new ArrayList<>();
    collect(pods.get(random.nextInt(pods.size())), places);
    return places.get(random.nextInt(places.size())).deepCopy();
  }

  private JsonNode deep() {
    JsonNode inner = JSON.numberNode(1);
    int depth = random.nextInt(12);
    for (int i = 0; i < depth; i++) {
      inner = i % 2 == 0 ? JSON.arrayNode().add(inner) : JSON.objectNode().set("x", inner);
    }
    return inner;
  }

  /** Bytes that are no longer what was meant. */
  byte[] garbled(byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8);
    return switch (random.nextInt(6)) {
      case 0 -> Arrays.copyOf(body, random.nextInt(body.length + 1));
      case 1 -> noise(body);
      case 2 -> bytes(text.replaceFirst("\"request\":", nested(random.nextInt(3_000))));
      case 3 -> bytes(text.replaceFirst("\"spec\":", "\"spec\":{},\"spec\":"));
      case 4 -> bytes(text + text);
      default ->
          bytes(
              text.replaceFirst(
                  "\"uid\":\"[^\"]*\"", Matcher.quoteReplacement("\"uid\":" + anything(1))));
    };
  }

  private static String nested(int depth) {
    return "\"deep\":" + "[".repeat(depth) + "]".repeat(depth) + ",\"request\":";
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private byte[] noise(byte[] body) {
    byte[] noisy = body.clone();
    int times = 1 + random.nextInt(8);
    for (int i = 0; i < times && noisy.length > 0; i++) {
      noisy[random.nextInt(noisy.length)] = (byte) random.nextInt(256);
    }
    return noisy;
  }
}
