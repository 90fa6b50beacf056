package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import gpu.kerf.extender.admission.PodTree.Box;
import gpu.kerf.extender.dialect.Counted;
import gpu.kerf.extender.dialect.HamiMigPods;
import gpu.kerf.extender.dialect.QuotaMemory;
import gpu.kerf.extender.dialect.Reading;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.Mps;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What Kerf adds to a pod, so that its containers receive their devices and no others.
 *
 * <p>Fields that exist already stay as they are, so that a second call changes nothing. They are
 * Kerf's own from an earlier call, or foreign ones, which {@link Validation} then refuses. A pod
 * with an invalid demand gets no device.
 */
final class Mutation {

  static final String OWN_DIALECT = "kerf";

  private final PodTree pod;
  private final Reading reading;
  private final AdmissionOptions options;
  private final Supplier<Possibility> fleet;
  private final TurnPreview turns;
  private final Patch patch = new Patch();
  private final Map<String, String> annotations = new LinkedHashMap<>(2);
  private final boolean byDriver;
  private final boolean byHamiMig;
  private final Map<String, Demand> demands = new HashMap<>();

  /**
   * @param fleet the managed GPUs, by which quota counts; asked only if it counts
   */
  Mutation(
      PodTree pod,
      Reading reading,
      AdmissionOptions options,
      Supplier<Possibility> fleet,
      TurnPreview turns) {
    this.turns = turns;
    this.pod = pod;
    this.reading = reading;
    this.options = options;
    this.fleet = fleet;
    this.byDriver = DriverNodes.areAllThatSuit(pod.spec());
    this.byHamiMig = HamiMigPods.is(pod.view(), reading);
    for (PodDemand.Container each : reading.demand().served()) {
      demands.put(each.name(), each.demand());
    }
  }

  /** The demand for which a container's slots are; null if it asks for no GPU. */
  @Nullable Demand demand(Box box) {
    return box.isNamed() ? demands.get(box.name()) : null;
  }

  /** Whether a container gets the paths of the MPS daemon. */
  boolean reachesDaemon(Box box) {
    Demand demand = demand(box);
    return !byDriver
        && !byHamiMig
        && options.mps() != DaemonAccess.NONE
        && demand != null
        && Variables.mayShare(demand);
  }

  /** Whether it gets them by volumes of the pod. */
  boolean mountsDaemon(Box box) {
    return options.mps() == DaemonAccess.PATHS && reachesDaemon(box);
  }

  /** Whether it gets them from a device plugin. */
  boolean asksForDaemon(Box box) {
    return options.mps() == DaemonAccess.PLUGIN && reachesDaemon(box);
  }

  /** What it takes to make a new pod complete. */
  Patch ofPod() throws WireException {
    if (!pod.view().schedulerName().equals(options.scheduler())) {
      patch.set("/spec/schedulerName", JsonNodeFactory.instance.textNode(options.scheduler()));
    }
    boolean shares = false;
    for (Box box : pod.containers()) {
      addVariables(box);
      if (mountsDaemon(box)) {
        List<JsonNode> mounts = box.mounts();
        patch.append(
            box.path() + "/volumeMounts",
            box.json().path("volumeMounts"),
            MpsPaths.missing(mounts));
        shares = true;
      }
    }
    if (shares) {
      patch.append(
          "/spec/volumes", pod.spec().path("volumes"), MpsPaths.missingVolumes(pod.volumes()));
    }
    addRuntimeClass();
    addLimits();
    if (KaiPriority.isOfKai(pod.view(), reading)) {
      new KaiPriority(pod, patch, annotations).add();
    }
    patch.put("/metadata/annotations", pod.metadata().path("annotations"), annotations);
    addGate();
    return patch;
  }

  /** A pod that names its node cannot have a gate. */
  private void addGate() {
    PodView view = pod.view();
    if (!view.isBound() && !view.waitsAtGate() && turns.waits(view, reading)) {
      patch.append(
          "/spec/schedulingGates",
          pod.spec().path("schedulingGates"),
          List.of(JsonNodeFactory.instance.objectNode().put("name", PodView.TURN_GATE)));
    }
  }

  /** What it takes to make containers complete that are added to a pod which runs. */
  Patch ofEphemeral(Set<String> known) throws WireException {
    for (Box box : pod.ephemeral()) {
      if (!known.contains(box.name())) {
        addVariables(box);
      }
    }
    return patch;
  }

  private void addVariables(Box box) throws WireException {
    Set<String> names = new HashSet<>();
    for (JsonNode entry : box.env()) {
      names.add(PodTree.text(entry, "name"));
    }
    List<JsonNode> missing = new ArrayList<>(4);
    variables(box)
        .forEach(
            (name, entry) -> {
              if (!names.contains(name)) {
                missing.add(entry);
              }
            });
    patch.append(box.path() + "/env", box.json().path("env"), missing);
  }

  /** What Kerf writes into a container, by the variables' names. */
  Map<String, JsonNode> variables(Box box) {
    Demand demand = demand(box);
    return demand != null && (byDriver || byHamiMig) ? Map.of() : Variables.of(box.name(), demand);
  }

  /**
   * Whether HAMi's device plugin names the devices of a container, and a variable of the container
   * would win over the plugin's.
   */
  boolean isNamedByPlugin(Box box) {
    return byHamiMig && demand(box) != null;
  }

  /** Whether Kerf gives the pod a runtime class if it has none. */
  boolean needsRuntimeClass() {
    return !byDriver && !demands.isEmpty() && !options.runtimeClass().isEmpty();
  }

  private void addRuntimeClass() throws WireException {
    if (needsRuntimeClass() && PodTree.text(pod.spec(), "runtimeClassName").isEmpty()) {
      patch.set(
          "/spec/runtimeClassName", JsonNodeFactory.instance.textNode(options.runtimeClass()));
    }
  }

  /**
   * Adds Kerf's resources where a pod asks in other words, so that quota counts it, and what a
   * device plugin is asked for.
   */
  private void addLimits() {
    boolean counts = isCountedNow();
    int gpuMiB = counts ? gpuMiB() : 0;
    Map<String, Integer> most = mostMiB();
    for (Box box : pod.containers()) {
      Demand demand = demand(box);
      if (demand != null) {
        Map<String, String> amounts = new LinkedHashMap<>(2);
        amounts.putAll(counts ? Counted.amounts(demand, gpuMiB) : Map.of());
        if (asksForDaemon(box) && !DaemonRules.isAskedBy(box)) {
          amounts.put(Mps.RESOURCE, DaemonRules.ONE);
        }
        if (!isAskedBy(box, QuotaMemory.RESOURCE)) {
          amounts.putAll(QuotaMemory.amounts(demand, most.getOrDefault(box.name(), 0)));
        }
        if (byHamiMig && !box.json().at("/resources/limits").has(HamiMigPods.COUNT)) {
          amounts.put(HamiMigPods.COUNT, "" + demand.gpus());
        }
        add(amounts, box);
      }
    }
    if (counts) {
      annotations.put(Annotations.COUNTED, mark());
    }
  }

  private static boolean isAskedBy(Box box, String resource) {
    JsonNode resources = box.json().path("resources");
    return resources.path("limits").has(resource) || resources.path("requests").has(resource);
  }

  /** What quota counts of each GPU of a container, by its name; empty if it counts no such. */
  Map<String, Integer> mostMiB() {
    if (!options.quotaMemory() || demands.isEmpty()) {
      return Map.of();
    }
    int[] most = fleet.get().mostMiB(reading.demand());
    Map<String, Integer> byName = new HashMap<>();
    for (int i = 0; i < most.length; i++) {
      byName.put(reading.demand().containers().get(i).name(), most[i]);
    }
    return byName;
  }

  private boolean isCountedNow() {
    boolean counted = pod.view().annotations().containsKey(Annotations.COUNTED);
    return !counted && !demands.isEmpty() && !reading.dialect().equals(OWN_DIALECT);
  }

  /** The mark of a pod that was counted. */
  String mark() {
    return Counted.mark(reading.dialect(), reading.demand(), gpuMiB());
  }

  /** The memory by which fractions are counted; computed only if the pod has fractions. */
  private int gpuMiB() {
    boolean fractions =
        demands.values().stream().anyMatch(each -> each.size() instanceof Size.Fraction);
    return fractions ? fleet.get().smallestMiB() : 0;
  }

  private void add(Map<String, String> amounts, Box box) {
    JsonNode resources = box.json().path("resources");
    if (!amounts.isEmpty() && PodTree.isNothing(resources)) {
      var created = JsonNodeFactory.instance.objectNode();
      amounts.forEach(created.putObject("limits")::put);
      patch.set(box.path() + "/resources", created);
    } else {
      patch.put(box.path() + "/resources/limits", resources.path("limits"), amounts);
    }
  }
}
