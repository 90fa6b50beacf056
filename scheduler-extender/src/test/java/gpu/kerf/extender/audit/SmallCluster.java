package gpu.kerf.extender.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Objects of an API server, in the words of a test, and what the auditor says of them. */
final class SmallCluster {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ClusterReader reader = new ClusterReader();

  AuditReport audit() {
    return Audit.of(reader.input());
  }

  /** An object as it is written in a test. */
  SmallCluster object(String kind, String json) {
    try {
      reader.add(kind, JSON.readTree(json));
      return this;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** A node with Kerf's annotation; each GPU is JSON without its index. */
  SmallCluster node(String name, String... gpus) {
    List<String> listed = new ArrayList<>();
    for (String gpu : gpus) {
      listed.add("{\"index\":" + listed.size() + "," + gpu + "}");
    }
    ObjectNode node = named("", name);
    annotate(node, "kerf.gpu/inventory", "{\"v\":1,\"gpus\":[" + String.join(",", listed) + "]}");
    reader.add("Node", node);
    return this;
  }

  static String plain(String uuid) {
    return "\"uuid\":\"%s\",\"model\":\"H100-80GB\",\"memoryMiB\":81559".formatted(uuid);
  }

  /** An H100 in MIG mode with instances, each as {@code profile@start}. */
  static String cut(String uuid, String... instances) {
    List<String> listed = new ArrayList<>();
    for (String instance : instances) {
      String[] parts = instance.split("@", -1);
      listed.add(
          "{\"uuid\":\"MIG-%s-%s\",\"profile\":\"%s\",\"start\":%s}"
              .formatted(uuid, parts[1], parts[0], parts[1]));
    }
    return plain(uuid) + ",\"mode\":\"mig\",\"instances\":[" + String.join(",", listed) + "]";
  }

  static String dynamic(String uuid) {
    return plain(uuid) + ",\"mode\":\"mig-dynamic\"";
  }

  /** A running pod on a node whose placement has these slots. */
  SmallCluster pod(String name, String node, String... slots) {
    return recorded(name, node, "Running", placement(node, slots));
  }

  SmallCluster recorded(String name, String node, String phase, String placement) {
    ObjectNode pod = named("ml", name);
    annotate(pod, "kerf.gpu/placement", placement);
    pod.withObject("/spec").put("nodeName", node);
    pod.withObject("/status").put("phase", phase);
    reader.add("Pod", pod);
    return this;
  }

  /** A pod of another scheduler with an annotation or a limit. */
  SmallCluster foreign(String name, String node, String annotation, String value, String limit) {
    ObjectNode pod = named("ml", name);
    if (!annotation.isEmpty()) {
      annotate(pod, annotation, value);
    }
    pod.withObject("/spec").put("nodeName", node);
    ArrayNode containers = pod.withObject("/spec").putArray("containers");
    containers.addObject().withObject("/resources").withObject("/limits").put(limit, "1");
    pod.withObject("/status").put("phase", "Running");
    reader.add("Pod", pod);
    return this;
  }

  static String placement(String node, String... slots) {
    return "{\"v\":1,\"node\":\"%s\",\"containers\":[{\"name\":\"main\",\"slots\":[%s]}]}"
        .formatted(node, String.join(",", slots));
  }

  static String whole(int gpu, String uuid) {
    return "{\"gpu\":%d%s,\"whole\":true,\"memoryMiB\":81152}".formatted(gpu, uuid(uuid));
  }

  static String share(int gpu, String uuid, int memoryMiB, int smMilli) {
    return "{\"gpu\":%d%s,\"mps\":{\"smMilli\":%d},\"memoryMiB\":%d}"
        .formatted(gpu, uuid(uuid), smMilli, memoryMiB);
  }

  /** A MIG instance as {@code profile@start}; without the instance's uuid. */
  static String mig(int gpu, String uuid, String instance) {
    return mig(gpu, uuid, instance, "");
  }

  static String mig(int gpu, String uuid, String instance, String instanceUuid) {
    String[] parts = instance.split("@", -1);
    return "{\"gpu\":%d%s,\"mig\":{\"profile\":\"%s\",\"start\":%s%s},\"memoryMiB\":9984}"
        .formatted(gpu, uuid(uuid), parts[0], parts[1], uuid(instanceUuid));
  }

  private static String uuid(String uuid) {
    return uuid.isEmpty() ? "" : ",\"uuid\":\"" + uuid + "\"";
  }

  /** A slice of NVIDIA's driver for a node, the only one of its pool. */
  SmallCluster slice(String node, String... devices) {
    return object(
        "ResourceSlice",
        """
        {"metadata":{"name":"%1$s-slice"},"spec":{"driver":"gpu.nvidia.com","nodeName":"%1$s",
         "pool":{"name":"%1$s","generation":1,"resourceSliceCount":1},"devices":[%2$s]}}
        """
            .formatted(node, String.join(",", devices)));
  }

  static String gpuDevice(int minor, String uuid) {
    return """
    {"name":"gpu-%d","attributes":{"type":{"string":"gpu"},"uuid":{"string":"%s"},
     "productName":{"string":"NVIDIA H100 80GB HBM3"}},"capacity":{"memory":{"value":"81559Mi"}}}
    """
        .formatted(minor, uuid);
  }

  static String migDevice(String name, String parent, String uuid, String profile, int... slices) {
    List<String> lies = new ArrayList<>();
    for (int slice : slices) {
      lies.add("\"memorySlice" + slice + "\":{\"value\":\"1\"}");
    }
    return """
    {"name":"%s","attributes":{"type":{"string":"mig"},"uuid":{"string":"%s"},
     "parentUUID":{"string":"%s"},"profile":{"string":"%s"}},
     "capacity":{"memory":{"value":"9984Mi"},%s}}
    """
        .formatted(name, uuid, parent, profile, String.join(",", lies));
  }

  /** A claim to which a device was allocated, for the pods of these names. */
  SmallCluster claim(String name, String pool, String device, String... pods) {
    return claim(name, pool, device, "", pods);
  }

  SmallCluster claim(String name, String pool, String device, String more, String[] pods) {
    List<String> users = new ArrayList<>();
    for (String pod : pods) {
      users.add("{\"resource\":\"pods\",\"name\":\"%1$s\",\"uid\":\"uid-%1$s\"}".formatted(pod));
    }
    return object(
        "ResourceClaim",
        """
        {"metadata":{"namespace":"ml","name":"%1$s","uid":"uid-claim-%1$s"},
         "status":{"allocation":{"devices":{"results":[
           {"driver":"gpu.nvidia.com","request":"gpu","pool":"%2$s","device":"%3$s"%4$s}]}},
          "reservedFor":[%5$s]}}
        """
            .formatted(name, pool, device, more, String.join(",", users)));
  }

  private static ObjectNode named(String namespace, String name) {
    ObjectNode object = JSON.createObjectNode();
    object.withObject("/metadata").put("namespace", namespace).put("name", name);
    object.withObject("/metadata").put("uid", "uid-" + name);
    return object;
  }

  private static void annotate(ObjectNode object, String name, String value) {
    object.withObject("/metadata").withObject("/annotations").put(name, value);
  }
}
