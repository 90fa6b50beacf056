package gpu.kerf.extender.demo;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.model.demand.WallChoice;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;

/** Writes work as a pod, as a user, a webhook and the API server would make it. */
final class Manifest {

  private Manifest() {}

  /**
   * @param life how often the work was begun before
   * @param seed makes the uid, so that every demo has its own and the same seed the same
   */
  static ObjectNode of(Work work, int life, long seed, long now) {
    String name = work.name() + (life == 0 ? "" : "-r" + life);
    ObjectNode pod = JsonNodeFactory.instance.objectNode();
    ObjectNode metadata = pod.putObject("metadata");
    metadata.put("name", name).put("namespace", work.namespace());
    metadata.put("uid", uid(seed + "/" + name));
    metadata.put("creationTimestamp", Instant.ofEpochSecond(now / 1000).toString());
    metadata.putObject("labels").put("app", work.kind().word());
    annotations(metadata.putObject("annotations"), work);
    ObjectNode owner = metadata.putArray("ownerReferences").addObject();
    owner.put("apiVersion", "batch/v1").put("kind", "Job").put("name", work.name());
    owner.put("uid", uid(seed + "/job/" + work.name())).put("controller", true);
    spec(pod.putObject("spec"), work);
    pod.putObject("status").put("phase", "Pending");
    return pod;
  }

  /**
   * The same as one of the pods of a gang.
   *
   * @param size how many pods it has
   */
  static ObjectNode inGang(ObjectNode pod, String gang, int index, int size) {
    ObjectNode member = pod.deepCopy();
    ObjectNode metadata = member.withObject("/metadata");
    metadata.put("name", metadata.path("name").asText() + "-" + index);
    metadata.put("uid", uid(metadata.path("uid").asText() + "/" + index));
    ObjectNode annotations = metadata.withObject("/annotations");
    annotations.put("kerf.gpu/gang", gang).put("kerf.gpu/gang-size", String.valueOf(size));
    return member;
  }

  private static String uid(String text) {
    return UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8)).toString();
  }

  private static void annotations(ObjectNode annotations, Work work) {
    if (work.wall() != WallChoice.ANY) {
      annotations.put("kerf.gpu/wall", work.wall().word());
    }
    if (work.smPercent() > 0) {
      annotations.put("kerf.gpu/sm-percent", String.valueOf(work.smPercent()));
    }
    if (!work.isWhole() && work.gpus() > 1) {
      annotations.put("kerf.gpu/split", String.valueOf(work.gpus()));
    }
    if (!work.models().isEmpty()) {
      annotations.put("kerf.gpu/models", String.join(",", work.models()));
    }
  }

  private static void spec(ObjectNode spec, Work work) {
    spec.put("schedulerName", "kerf").put("priority", work.kind().priority());
    ObjectNode container = spec.putArray("containers").addObject();
    container.put("name", "main").put("image", "registry.example/" + work.kind().word() + ":1");
    ObjectNode resources = container.putObject("resources");
    for (String key : new String[] {"limits", "requests"}) {
      ObjectNode amounts = resources.putObject(key);
      amounts.put("cpu", work.cpuMilli() + "m").put("memory", work.hostMemoryMiB() + "Mi");
      if (work.isWhole()) {
        amounts.put("kerf.gpu/whole", String.valueOf(work.gpus()));
      } else {
        amounts.put("kerf.gpu/memory", work.memoryMiB() + "Mi");
      }
    }
  }
}
