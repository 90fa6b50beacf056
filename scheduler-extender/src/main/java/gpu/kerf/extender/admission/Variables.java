package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.WallChoice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The environment variables that decide which devices a container sees and how much of them it may
 * take. Only Kerf may write them; their values come from the pod's annotations through the Downward
 * API.
 */
final class Variables {

  static final String VISIBLE = "NVIDIA_VISIBLE_DEVICES";
  static final String MPS_MEMORY = "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT";
  static final String MPS_THREADS = "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE";
  static final String MPS_PIPE = "CUDA_MPS_PIPE_DIRECTORY";
  static final String NO_DEVICE = "void";

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** Beside those that Kerf writes: what runtimes, MPS, HAMi's and gpushare's node sides read. */
  private static final List<String> OTHERS =
      List.of(
          "NVIDIA_MIG_CONFIG_DEVICES",
          "NVIDIA_MIG_MONITOR_DEVICES",
          "NVIDIA_IMEX_CHANNELS",
          "NVIDIA_NVSWITCH",
          "CUDA_DISABLE_CONTROL",
          "CUDA_OVERSUBSCRIBE",
          "CUDA_DEVICE_SM_LIMIT");

  private static final List<String> PREFIXES =
      List.of(
          "NVIDIA_VISIBLE_DEVICES",
          "NVIDIA_MIG_",
          "NVIDIA_GPU_MEMORY_",
          "CUDA_MPS_",
          "CUDA_DEVICE_MEMORY_LIMIT",
          "ALIYUN_COM_GPU_MEM_");

  private Variables() {}

  /** Whether only Kerf may write a variable. */
  static boolean isGuarded(String name) {
    return OTHERS.contains(name) || PREFIXES.stream().anyMatch(name::startsWith);
  }

  /** Whether names that begin so may be of variables that only Kerf may write. */
  static boolean mayBeGuarded(String prefix) {
    return isGuarded(prefix)
        || OTHERS.stream().anyMatch(name -> name.startsWith(prefix))
        || PREFIXES.stream().anyMatch(name -> name.startsWith(prefix));
  }

  /**
   * What Kerf writes into a container, by the variables' names.
   *
   * @param demand null if it asks for no GPU
   */
  static Map<String, JsonNode> of(String container, @Nullable Demand demand) {
    Map<String, JsonNode> variables = new LinkedHashMap<>(4);
    if (demand == null) {
      variables.put(VISIBLE, JSON.objectNode().put("name", VISIBLE).put("value", NO_DEVICE));
      return variables;
    }
    add(variables, VISIBLE, Annotations.VISIBLE_DEVICES + container);
    if (mayShare(demand)) {
      add(variables, MPS_PIPE, Annotations.MPS_PIPE + container);
      add(variables, MPS_MEMORY, Annotations.MPS_MEMORY + container);
      if (demand.sm() != null) {
        add(variables, MPS_THREADS, Annotations.MPS_THREADS + container);
      }
    }
    return variables;
  }

  /** Whether a demand may be met by an MPS share. */
  static boolean mayShare(Demand demand) {
    boolean part = demand.size() instanceof Size.Memory || demand.size() instanceof Size.Fraction;
    return part && demand.wall() != WallChoice.MIG;
  }

  private static void add(Map<String, JsonNode> variables, String name, String annotation) {
    ObjectNode entry = JSON.objectNode().put("name", name);
    entry
        .putObject("valueFrom")
        .putObject("fieldRef")
        .put("apiVersion", "v1")
        .put("fieldPath", "metadata.annotations['" + annotation + "']");
    variables.put(name, entry);
  }

  /** Whether an entry is what Kerf writes, in the form in which it wrote it or the API keeps it. */
  static boolean isSame(JsonNode wanted, JsonNode entry) {
    if (entry.equals(wanted)) {
      return true;
    }
    ObjectNode plain = entry.deepCopy();
    JsonNode field = plain.path("valueFrom").path("fieldRef");
    if (field instanceof ObjectNode reference && !reference.has("apiVersion")) {
      reference.put("apiVersion", "v1");
    }
    return plain.equals(wanted);
  }
}
