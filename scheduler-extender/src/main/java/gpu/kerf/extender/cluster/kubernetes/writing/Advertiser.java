package gpu.kerf.extender.cluster.kubernetes.writing;

import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.cluster.kubernetes.objects.NodeObject;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps {@code kerf.gpu/memory} and {@code kerf.gpu/whole} in the capacity of managed nodes, and
 * takes them away where Kerf no longer manages the node.
 *
 * <p>Both are sums over all GPUs of the node, also those that others use: a kubelet fails running
 * pods when a capacity falls below their requests. Allocatable is written too, so that pods need
 * not wait until the kubelet derives it; the kubelet would overwrite allocatable alone. If another
 * writer overwrites the values, Kerf writes them again after growing pauses.
 *
 * <p>Used on the thread that owns the ledger.
 */
public final class Advertiser {
  private static final Logger LOG = LoggerFactory.getLogger(Advertiser.class);
  static final String MEMORY = "kerf.gpu/memory";
  static final String WHOLE = "kerf.gpu/whole";
  private static final long FIRST_PAUSE_MILLIS = 1_000;
  private static final long LONGEST_PAUSE_MILLIS = 60_000;
  private static final long FORGIVEN_MILLIS = 300_000;
  private static final int NOT_FOUND = 404;

  private final RequestPool requests;
  private final Executor loop;
  private final Metrics metrics;
  private final LongSupplier now;
  private final Map<String, Due> due = new HashMap<>();

  /** A node whose capacity is not what it should be. */
  private static final class Due {
    private String patch = "";
    private int attempts;
    private long last;
    private boolean open;
    private boolean inFlight;

    private long notBefore() {
      return attempts == 0
          ? Long.MIN_VALUE
          : last + Math.min(FIRST_PAUSE_MILLIS << Math.min(attempts, 10), LONGEST_PAUSE_MILLIS);
    }
  }

  public Advertiser(RequestPool requests, Executor loop, Metrics metrics, LongSupplier now) {
    this.requests = requests;
    this.loop = loop;
    this.metrics = metrics;
    this.now = now;
  }

  /**
   * What a node offers is known; what it should offer too.
   *
   * @param spec null if Kerf does not manage the node
   */
  public void advertise(NodeObject node, @Nullable NodeSpec spec) {
    String name = node.facts().name();
    boolean right =
        spec == null
            ? !node.advertised().containsKey(MEMORY) && !node.advertised().containsKey(WHOLE)
            : isRight(node.advertised(), spec);
    if (right) {
      Due known = due.get(name);
      if (known != null) {
        known.open = false;
      }
      return;
    }
    Due open = due.computeIfAbsent(name, each -> new Due());
    open.open = true;
    String patch = spec == null ? patch("null", "null") : patch(memory(spec), whole(spec));
    if (!patch.equals(open.patch)) {
      open.patch = patch;
      open.attempts = 0;
    }
    send(name, open);
  }

  private static boolean isRight(Map<String, String> advertised, NodeSpec spec) {
    return memoryOf(advertised.getOrDefault(MEMORY, "")) == memoryMiB(spec)
        && advertised.getOrDefault(WHOLE, "").equals("" + wholes(spec));
  }

  private static long memoryOf(String written) {
    try {
      return written.isEmpty() ? -1 : written.equals("0") ? 0 : MemoryMiB.parse(written).value();
    } catch (IllegalArgumentException e) {
      return -1;
    }
  }

  private static String memory(NodeSpec spec) {
    long mib = memoryMiB(spec);
    return mib == 0 ? "\"0\"" : "\"" + mib + "Mi\"";
  }

  private static String whole(NodeSpec spec) {
    return "\"" + wholes(spec) + "\"";
  }

  private static String patch(String memory, String whole) {
    String both = "{\"" + MEMORY + "\":" + memory + ",\"" + WHOLE + "\":" + whole + "}";
    return "{\"status\":{\"capacity\":" + both + ",\"allocatable\":" + both + "}}";
  }

  /** At least as much as pods can ever hold there together. */
  private static long memoryMiB(NodeSpec spec) {
    long sum = 0;
    for (GpuSpec gpu : spec.gpus()) {
      if (gpu.mode() == GpuMode.MIG) {
        for (MigInstance instance : gpu.instances()) {
          sum += instance.profile().memoryMiB();
        }
      } else {
        sum += gpu.memoryMiB();
      }
    }
    return sum;
  }

  private static long wholes(NodeSpec spec) {
    return IntStream.range(0, spec.gpus().size()).filter(spec::givesWhole).count();
  }

  public void nodeRemoved(String node) {
    due.remove(node);
  }

  /** Tries again where it is time to. */
  public void tick() {
    for (Map.Entry<String, Due> each : List.copyOf(due.entrySet())) {
      Due one = each.getValue();
      if (one.open) {
        send(each.getKey(), one);
      } else if (!one.inFlight && now.getAsLong() - one.last > FORGIVEN_MILLIS) {
        due.remove(each.getKey());
      }
    }
  }

  private void send(String node, Due one) {
    if (one.inFlight || now.getAsLong() < one.notBefore()) {
      return;
    }
    one.inFlight = true;
    one.attempts++;
    one.last = now.getAsLong();
    String path = "/api/v1/nodes/" + node + "/status";
    ApiRequest request = ApiRequest.patch(path, ApiRequest.MERGE_PATCH, one.patch);
    requests
        .start(server -> server.send(request))
        .whenCompleteAsync((reply, failure) -> sent(node, one, reply, failure), loop);
  }

  private void sent(String node, Due one, @Nullable ApiReply reply, @Nullable Throwable failure) {
    one.inFlight = false;
    if (reply != null && (reply.ok() || reply.status() == NOT_FOUND)) {
      metrics.count(Metric.ADVERTISED, "written");
      return;
    }
    metrics.count(Metric.ADVERTISED, "failed");
    LOG.atWarn()
        .addKeyValue(LogKeys.NODE, node)
        .addKeyValue(LogKeys.PROBLEM, reply == null ? String.valueOf(failure) : reply.problem())
        .log("The capacity of a node could not be written; it is tried again.");
  }

  /** On how many nodes it is not as it should be. */
  long open() {
    return due.values().stream().filter(one -> one.open).count();
  }
}
