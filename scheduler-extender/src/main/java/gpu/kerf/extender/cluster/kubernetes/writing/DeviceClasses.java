package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.dialect.KerfDialect;
import gpu.kerf.extender.telemetry.LogKeys;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The DeviceClasses of the cluster, as they were a short while ago. A change takes effect within
 * {@link #FRESH}.
 *
 * <p>No class may stand for a resource of Kerf's ({@code extendedResourceName}): kube-scheduler's
 * own plugin would then make claims for Kerf's pods as well, and takes those of Kerf for its own
 * old ones and deletes them. While there is such a class, Kerf claims nothing.
 *
 * <p>Used by the threads that write claims. None waits for what another one has asked: while the
 * API server is slow, several may ask it the same.
 */
public final class DeviceClasses {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceClasses.class);
  private static final String PATH = "/apis/resource.k8s.io/v1/deviceclasses";
  private static final Duration FRESH = Duration.ofSeconds(30);
  private static final Set<String> OWN = Set.of(KerfDialect.MEMORY, KerfDialect.WHOLE);

  /** What NVIDIA's own class stands for by default, and pods of other projects ask for. */
  private static final String STOCK = "nvidia.com/gpu";

  private final LongSupplier nanos;
  private volatile @Nullable Reading reading;

  /** What was read, and when that was asked. */
  private record Reading(Known known, long at) {}

  /**
   * The classes at one time.
   *
   * @param configs the configurations of each class
   * @param trap a class that stands for a resource of Kerf's; empty if there is none
   * @param stock a class that stands for nvidia.com/gpu; empty if there is none
   */
  record Known(Map<String, JsonNode> configs, String trap, String stock) {
    boolean has(String deviceClass) {
      return configs.containsKey(deviceClass);
    }

    JsonNode config(String deviceClass) {
      return configs.getOrDefault(deviceClass, JsonNodeFactory.instance.arrayNode());
    }
  }

  public DeviceClasses(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** Reads them anew if they are not fresh, or if one of those that are needed is missing. */
  Known read(ApiServer server, List<String> needed) throws IOException {
    Reading last = reading;
    long now = nanos.getAsLong();
    if (last != null
        && now - last.at < FRESH.toNanos()
        && last.known.trap.isEmpty()
        && needed.stream().allMatch(last.known::has)) {
      return last.known;
    }
    ApiReply reply = server.send(ApiRequest.get(PATH, Map.of()));
    if (!reply.ok()) {
      throw new RefusedException(reply);
    }
    Known read = parse(reply.json());
    keep(new Reading(read, now));
    return read;
  }

  /** What was asked for last stands, also where its answer came first. */
  private synchronized void keep(Reading read) {
    Reading last = reading;
    if (last == null || read.at - last.at >= 0) {
      tell(read.known, last == null ? null : last.known);
      reading = read;
    }
  }

  private static Known parse(JsonNode list) {
    Map<String, JsonNode> configs = new HashMap<>();
    String trap = "";
    String stock = "";
    for (JsonNode each : list.path("items")) {
      String name = each.at("/metadata/name").asText("");
      configs.put(name, each.at("/spec/config"));
      String resource = each.at("/spec/extendedResourceName").asText("");
      trap = OWN.contains(resource) ? name : trap;
      stock = STOCK.equals(resource) ? name : stock;
    }
    return new Known(Map.copyOf(configs), trap, stock);
  }

  private static void tell(Known now, @Nullable Known before) {
    if (!now.trap.isEmpty() && (before == null || !before.trap.equals(now.trap))) {
      LOG.atError()
          .addKeyValue(LogKeys.RESOURCE, now.trap)
          .log(
              "A DeviceClass stands for a resource of Kerf (spec.extendedResourceName). Kerf claims"
                  + " no devices until the field is gone: kube-scheduler's own plugin would delete"
                  + " Kerf's claims.");
    }
    if (!now.stock.isEmpty() && (before == null || !before.stock.equals(now.stock))) {
      LOG.atWarn()
          .addKeyValue(LogKeys.RESOURCE, now.stock)
          .log(
              "A DeviceClass stands for nvidia.com/gpu: kube-scheduler's own plugin gives devices"
                  + " to pods that ask for it. Kerf gives such pods none by DRA; let them ask for"
                  + " kerf.gpu/whole.");
    }
  }

  /** Looks at them before the first pod asks; on a worker's thread. */
  public void look(ApiServer server) throws IOException {
    read(server, List.of());
  }
}
