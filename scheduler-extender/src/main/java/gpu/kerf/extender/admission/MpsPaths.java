package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.wire.Mps;
import java.util.ArrayList;
import java.util.List;

/** The two paths of the node by which a container reaches its MPS daemon. */
enum MpsPaths {
  PIPES("kerf-mps-pipe", Mps.PIPES, Mps.PIPES),
  SHM(Mps.SHM_VOLUME, Mps.SHM, "/dev/shm");

  private final String volume;
  private final String host;
  private final String inside;

  MpsPaths(String volume, String host, String inside) {
    this.volume = volume;
    this.host = host;
    this.inside = inside;
  }

  /** The name of the pod's volume. */
  String volume() {
    return volume;
  }

  /** Where it is in the container. */
  String inside() {
    return inside;
  }

  /**
   * The volume. The pod waits until an MPS daemon has made the folder: in a folder that another
   * program made, CUDA would find no daemon and run without a limit.
   */
  ObjectNode asVolume() {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("name", volume);
    json.putObject("hostPath").put("path", host).put("type", "Directory");
    return json;
  }

  ObjectNode asMount() {
    return JsonNodeFactory.instance.objectNode().put("name", volume).put("mountPath", inside);
  }

  /** Whether a volume of the pod is exactly this one. */
  boolean is(JsonNode volumeOfPod) {
    return volumeOfPod.equals(asVolume());
  }

  /** Whether a mount is exactly this one. */
  boolean isMountedBy(JsonNode mount) {
    return mount.equals(asMount());
  }

  /** Whether a name is one that only Kerf's volumes have. */
  static boolean owns(String volumeName) {
    return PIPES.volume.equals(volumeName) || SHM.volume.equals(volumeName);
  }

  /** Those of the mounts that a container lacks, where nothing else is mounted in their place. */
  static List<ObjectNode> missing(List<JsonNode> mounts) {
    List<ObjectNode> missing = new ArrayList<>(2);
    for (MpsPaths path : values()) {
      boolean taken =
          mounts.stream()
              .anyMatch(mount -> Paths.same(mount.path("mountPath").asText(""), path.inside));
      if (!taken) {
        missing.add(path.asMount());
      }
    }
    return missing;
  }

  /** Those of the volumes that a pod lacks. */
  static List<ObjectNode> missingVolumes(List<JsonNode> volumes) {
    List<ObjectNode> missing = new ArrayList<>(2);
    for (MpsPaths path : values()) {
      if (volumes.stream().noneMatch(each -> each.path("name").asText("").equals(path.volume))) {
        missing.add(path.asVolume());
      }
    }
    return missing;
  }
}
