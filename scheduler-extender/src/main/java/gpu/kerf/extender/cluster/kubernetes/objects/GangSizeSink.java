package gpu.kerf.extender.cluster.kubernetes.objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.calling.Resource;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.cluster.kubernetes.watching.Sink;
import gpu.kerf.extender.gang.GangKey;
import gpu.kerf.extender.gang.GangKey.Source;
import gpu.kerf.extender.gang.GangSize;
import gpu.kerf.extender.wire.WireException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The objects of one kind that say how many pods a gang has. An object that says nothing usable is
 * as one that is not there: its pods wait.
 */
public final class GangSizeSink implements Sink<GangSizeSink.Said> {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Source source;
  private final ClusterListener listener;

  /**
   * What an object says.
   *
   * @param size null if it is no size that a gang can have
   */
  public record Said(@Nullable GangSize size) {}

  private GangSizeSink(Source source, ClusterListener listener) {
    this.source = source;
    this.listener = listener;
  }

  /** One for each kind. */
  public static Map<Resource, GangSizeSink> all(ClusterListener listener) {
    Map<Resource, GangSizeSink> sinks = new LinkedHashMap<>();
    sinks.put(Resource.POD_GROUPS, new GangSizeSink(Source.KUBERNETES, listener));
    sinks.put(
        Resource.SCHEDULER_PLUGINS_POD_GROUPS,
        new GangSizeSink(Source.SCHEDULER_PLUGINS, listener));
    sinks.put(Resource.VOLCANO_POD_GROUPS, new GangSizeSink(Source.VOLCANO, listener));
    sinks.put(Resource.KAI_POD_GROUPS, new GangSizeSink(Source.KAI, listener));
    sinks.put(Resource.JOBS, new GangSizeSink(Source.JOB, listener));
    sinks.put(Resource.JOB_SETS, new GangSizeSink(Source.JOB_SET, listener));
    return sinks;
  }

  @Override
  public Said read(Meta meta, JsonSlice json) throws WireException {
    try {
      JsonNode spec = JSON.readTree(json.bytes(), json.offset(), json.length()).path("spec");
      return new Said(size(spec));
    } catch (IllegalArgumentException outOfRange) {
      return new Said(null);
    } catch (IOException e) {
      throw new WireException("The size of a gang cannot be read: " + e.getMessage());
    }
  }

  private GangSize size(JsonNode spec) {
    return switch (source) {
      case KUBERNETES -> kubernetes(spec);
      case SCHEDULER_PLUGINS, VOLCANO, KAI ->
          GangSize.atLeast(Math.max(1, spec.path("minMember").asInt(1)));
      case JOB -> GangSize.all(pods(spec));
      case JOB_SET -> jobSet(spec);
      case KERF, KUEUE, LEADER_WORKER_SET ->
          throw new IllegalArgumentException(
              "The pods of (" + source + ") say their number themselves.\nRead it from them.");
    };
  }

  private static GangSize kubernetes(JsonNode spec) {
    JsonNode gang = spec.at("/schedulingPolicy/gang");
    if (gang.isMissingNode()) {
      return GangSize.none();
    }
    GangSize size = GangSize.atLeast(gang.path("minCount").asInt(0));
    return goesWhole(spec.path("disruptionMode")) ? size : size.evictedApart();
  }

  /**
   * A word in v1alpha2, and an object with one field from v1beta1 on; by default, pods go alone.
   */
  private static boolean goesWhole(JsonNode mode) {
    return mode.asText("").equals("PodGroup") || mode.has("all");
  }

  /** How many pods of a Job run at the same time. */
  private static int pods(JsonNode job) {
    int parallelism = job.path("parallelism").asInt(1);
    return Math.min(parallelism, job.path("completions").asInt(parallelism));
  }

  /** If some Jobs are created after others are ready, the pods cannot all start together. */
  private static GangSize jobSet(JsonNode spec) {
    boolean ordered = spec.at("/startupPolicy/startupPolicyOrder").asText("").equals("InOrder");
    long sum = 0;
    for (JsonNode jobs : spec.path("replicatedJobs")) {
      ordered |= !jobs.path("dependsOn").isEmpty();
      sum += jobs.path("replicas").asLong(1) * pods(jobs.at("/template/spec"));
    }
    return ordered
        ? GangSize.none()
        : GangSize.all((int) Math.max(0, Math.min(sum, GangSize.MOST + 1)));
  }

  private GangKey key(Meta meta) {
    return new GangKey(source, meta.namespace(), meta.name());
  }

  @Override
  public void put(Meta meta, Said said) {
    listener.gangSizeChanged(key(meta), said.size());
  }

  @Override
  public void unreadable(Meta meta, String problem) {
    deleted(meta);
  }

  @Override
  public void deleted(Meta meta) {
    listener.gangSizeChanged(key(meta), null);
  }
}
