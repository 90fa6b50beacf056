package gpu.kerf.extender.kueue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A Workload of Kueue, as far as Kerf reads it. Of one that waits for no check its pods are not
 * kept.
 *
 * @param stage how far it is
 * @param reservedMillis since when quota is reserved for it, on the wall clock
 * @param podSets the pods that are to start; empty unless quota is reserved for them and they were
 *     not admitted yet
 * @param checks the states of its AdmissionChecks, those of other controllers too
 * @param owners what created it, as {@code Job/name}
 */
public record Workload(
    String namespace,
    String name,
    String uid,
    String resourceVersion,
    Stage stage,
    long reservedMillis,
    List<PodSet> podSets,
    List<CheckState> checks,
    Set<String> owners) {

  private static final String NAME = "name";
  private static final String COUNT = "count";
  private static final String NODE_SELECTOR = "nodeSelector";
  private static final String TOLERATIONS = "tolerations";

  /** How far a workload is. */
  public enum Stage {
    /** It has no quota: it waits in its queue, was evicted, or is not active. */
    QUEUED,
    /** Quota is reserved for it, and its checks are asked. */
    RESERVED,
    /** Its pods may start, or have. */
    ADMITTED,
    OVER
  }

  /**
   * Pods that are alike.
   *
   * @param count how many are to start
   * @param pod one of them, with what checks of others add to it
   * @param flavors the ResourceFlavors whose quota they get
   */
  public record PodSet(String name, int count, ObjectNode pod, Set<String> flavors) {
    public PodSet {
      flavors = Set.copyOf(flavors);
    }

    /** One of the pods as Kueue will create it; null while one of its flavors is not known. */
    public @Nullable ObjectNode withFlavors(Map<String, Flavor> known) {
      ObjectNode made = pod.deepCopy();
      for (String each : flavors) {
        Flavor flavor = known.get(each);
        if (flavor == null) {
          return null;
        }
        ObjectNode selector = made.withObject("/spec/" + NODE_SELECTOR);
        flavor.nodeLabels().forEach(selector::put);
        flavor.tolerations().forEach(made.withArray("/spec/" + TOLERATIONS)::add);
      }
      return made;
    }
  }

  /**
   * The state of one AdmissionCheck.
   *
   * @param retries how often it was in state Retry
   */
  public record CheckState(String name, String state, String message, int retries) {

    public boolean isPending() {
      return state.equals("Pending");
    }
  }

  public Workload {
    podSets = List.copyOf(podSets);
    checks = List.copyOf(checks);
    owners = Set.copyOf(owners);
  }

  public String key() {
    return namespace + "/" + name;
  }

  /** How many pods are to start. */
  public int pods() {
    return podSets.stream().mapToInt(PodSet::count).sum();
  }

  /** Reads one, in v1beta1 or v1beta2. */
  public static Workload of(JsonNode object) {
    JsonNode metadata = object.path("metadata");
    JsonNode status = object.path("status");
    Stage stage = stage(object);
    List<CheckState> checks = new ArrayList<>();
    for (JsonNode check : status.path("admissionChecks")) {
      checks.add(
          new CheckState(
              check.path(NAME).asText(""),
              check.path("state").asText(""),
              check.path("message").asText(""),
              check.path("retryCount").asInt()));
    }
    boolean asked = stage == Stage.RESERVED && checks.stream().anyMatch(CheckState::isPending);
    return new Workload(
        metadata.path("namespace").asText(""),
        metadata.path(NAME).asText(""),
        metadata.path("uid").asText(""),
        metadata.path("resourceVersion").asText(""),
        stage,
        KueueFields.millis(
            KueueFields.condition(object, "QuotaReserved").path("lastTransitionTime")),
        asked ? podSets(object) : List.of(),
        checks,
        owners(metadata));
  }

  private static Stage stage(JsonNode object) {
    if (KueueFields.isTrue(KueueFields.condition(object, "Finished"))) {
      return Stage.OVER;
    }
    boolean active = object.path("spec").path("active").asBoolean(true);
    boolean evicted = KueueFields.isTrue(KueueFields.condition(object, "Evicted"));
    boolean reserved = KueueFields.isTrue(KueueFields.condition(object, "QuotaReserved"));
    if (!active || evicted || !reserved) {
      return Stage.QUEUED;
    }
    return KueueFields.isTrue(KueueFields.condition(object, "Admitted"))
        ? Stage.ADMITTED
        : Stage.RESERVED;
  }

  private static Set<String> owners(JsonNode metadata) {
    Set<String> owners = new LinkedHashSet<>();
    for (JsonNode owner : metadata.path("ownerReferences")) {
      owners.add(owner.path("kind").asText("") + "/" + owner.path(NAME).asText(""));
    }
    return owners;
  }

  private static List<PodSet> podSets(JsonNode object) {
    Map<String, JsonNode> assigned = new HashMap<>();
    for (JsonNode each : object.at("/status/admission/podSetAssignments")) {
      assigned.put(each.path(NAME).asText("main"), each);
    }
    Map<String, Integer> gone = new HashMap<>();
    for (JsonNode each : object.at("/status/reclaimablePods")) {
      gone.put(each.path(NAME).asText(""), each.path(COUNT).asInt());
    }
    List<PodSet> sets = new ArrayList<>();
    for (JsonNode set : object.at("/spec/podSets")) {
      String name = set.path(NAME).asText("main");
      JsonNode assignment = assigned.get(name);
      int all = set.path(COUNT).asInt(1);
      Set<String> flavors = new LinkedHashSet<>();
      if (assignment != null) {
        all = assignment.path(COUNT).asInt(all);
        assignment.path("flavors").forEach(flavor -> flavors.add(flavor.asText("")));
      }
      int count = Math.max(0, all - gone.getOrDefault(name, 0));
      sets.add(new PodSet(name, count, pod(object, name, set.path("template")), flavors));
    }
    return sets;
  }

  /** A pod of a template, with what AdmissionChecks of others add. */
  private static ObjectNode pod(JsonNode object, String set, JsonNode template) {
    ObjectNode pod = JsonNodeFactory.instance.objectNode();
    JsonNode metadata = template.path("metadata");
    ObjectNode written = pod.putObject("metadata");
    written.put(NAME, object.path("metadata").path(NAME).asText("") + "-" + set);
    written.put("namespace", object.path("metadata").path("namespace").asText(""));
    for (String key : List.of("labels", "annotations")) {
      if (metadata.path(key).isObject()) {
        written.set(key, metadata.path(key).deepCopy());
      }
    }
    JsonNode spec = template.path("spec");
    pod.set("spec", spec.isObject() ? spec.deepCopy() : pod.objectNode());
    for (JsonNode check : object.at("/status/admissionChecks")) {
      for (JsonNode update : check.path("podSetUpdates")) {
        if (update.path(NAME).asText("").equals(set)) {
          add(update, pod);
        }
      }
    }
    return pod;
  }

  private static void add(JsonNode update, ObjectNode pod) {
    copy(update.path("labels"), pod.withObject("/metadata/labels"));
    copy(update.path("annotations"), pod.withObject("/metadata/annotations"));
    copy(update.path(NODE_SELECTOR), pod.withObject("/spec/" + NODE_SELECTOR));
    update.path(TOLERATIONS).forEach(pod.withArray("/spec/" + TOLERATIONS)::add);
  }

  private static void copy(JsonNode from, ObjectNode to) {
    for (Map.Entry<String, JsonNode> each : from.properties()) {
      to.set(each.getKey(), each.getValue());
    }
  }
}
