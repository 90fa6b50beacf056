package gpu.kerf.extender.dialect;

import gpu.kerf.extender.dialect.Word.Place;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.WallChoice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * KAI's words: annotations that ask for a part of a GPU, by fraction or by memory, for one
 * container of a pod or, since 0.18, for each by name. Whole GPUs and MIG profiles it writes as
 * NVIDIA does.
 *
 * <p>KAI lets a container burst from its request to its limit. Kerf takes the limit as the demand:
 * with a wall at the request, the container would run out of memory at its peak.
 */
public final class KaiDialect extends Dialect {

  private static final String FRACTION = "gpu-fraction";
  private static final String FRACTION_LIMIT = "gpu-fraction.limit";
  private static final String MEMORY = "gpu-memory";
  private static final String MEMORY_LIMIT = "gpu-memory.limit";
  private static final String DEVICES = "gpu-fraction-num-devices";
  private static final String CONTAINER = "gpu-fraction-container-name";
  private static final String MPS = "mps";
  private static final String MODE = "kai.scheduler/gpu-compute-sharing-mode";
  private static final String MOST =
      "The most that the container may use, with its unit. Kerf takes this as the demand.";
  private static final String LEAVE_OUT = "Leave it out";

  private static final List<Word> REQUESTS =
      List.of(
          Word.says(
              "nvidia.com/container.<container>.gpu-memory.request",
              "Memory of one GPU with its unit, for that container. Several containers may ask."),
          Word.says(
              "nvidia.cdi.k8s.io/<container>.gpu-memory.request", "The same, as 0.18 had it."));
  private static final List<Word> LIMITS =
      List.of(
          Word.says("nvidia.com/container.<container>.gpu-memory.limit", MOST),
          Word.says("nvidia.cdi.k8s.io/<container>.gpu-memory.limit", MOST));
  private static final Word PORTION_LIMIT =
      Word.says(
          "kai.scheduler/container.<container>.gpu-memory.portion.limit",
          "The most of a GPU that the container may use, beside `gpu-fraction`. Kerf takes this as"
              + " the demand.");

  private static final Words WORDS =
      Words.of(
          Word.says(
              FRACTION,
              "Part of the memory of the GPU that Kerf chooses, between 0 and 1, to thousandths;"
                  + " further digits are cut off."),
          Word.says(
              FRACTION_LIMIT,
              "The most that the container may use. Kerf takes this as the demand."),
          Word.says(MEMORY, "MiB of one GPU, without a unit."),
          Word.says(MEMORY_LIMIT, MOST),
          Word.says(DEVICES, "Number of GPUs on each of which the container gets that part."),
          Word.says(
              CONTAINER,
              "Name of the container that gets the GPU; the first container if it is left out."),
          REQUESTS.get(0),
          LIMITS.get(0),
          REQUESTS.get(1),
          LIMITS.get(1),
          PORTION_LIMIT,
          Word.says(MPS, "`true`: a share of a GPU that is not in MIG mode.").joining(),
          Word.says(
                  MODE,
                  "`sm-sharing`: the same. `time-slicing`: the wall that strands least; Kerf has no"
                      + " time slices.")
              .joining(),
          Word.kept(
              "kai.scheduler/queue",
              Place.LABEL,
              "The pod's team, where KAI's Queues are the teams (`teams.source: kai`)."),
          Word.kept("runai/queue", Place.LABEL, "Kept; Kerf does not read it yet."),
          Word.kept("kai.scheduler/node-pool", Place.LABEL, "Kept; write a nodeSelector for it."),
          Word.kept(
              "priorityClassName",
              Place.LABEL,
              "The webhook makes it the pod's PriorityClass. A pod of KAI of priority 100 or above"
                  + " gets `kerf.gpu/evictable: \"false\"`."),
          Word.kept("kai.scheduler/subgroup-name", Place.LABEL, "Kept."),
          Word.kept("pod-group-name", Place.ANNOTATION, "Kept."),
          Word.kept("runai/shared-gpu-configmap", Place.ANNOTATION, "Kept; Kerf does not read it."),
          Word.refused("runai-gpu-group", Place.LABEL, "names a GPU, and only Kerf may", LEAVE_OUT),
          Word.refused(
              "runai-gpu-group/<group>", Place.LABEL, "names a GPU, and only Kerf may", LEAVE_OUT),
          Word.refused(
              "received-resource-type",
              Place.ANNOTATION,
              "is written by the scheduler that places the pod",
              LEAVE_OUT),
          Word.refused(
              "nvidia.com/container.<container>.gpus.devices",
              Place.ANNOTATION,
              "names devices, and only Kerf may",
              LEAVE_OUT));

  public KaiDialect() {
    super("kai", WORDS);
  }

  @Override
  public GpuReading read(PodView pod) {
    return new Reader(new Draft(pod)).read();
  }

  /** One pod while it is being read. */
  private static final class Reader {
    private final Draft draft;
    private final Map<String, Size> sizes = new LinkedHashMap<>();

    Reader(Draft draft) {
      this.draft = draft;
    }

    GpuReading read() {
      draft.part(this::readPod);
      draft.part(this::readContainers);
      Integer gpus = draft.part(this::gpus);
      WallChoice wall = draft.part(this::wall);
      if (gpus == null || wall == null) {
        return draft.reading();
      }
      checkNames();
      return draft
          .read(
              container -> sizes.containsKey(container.name()),
              container -> new Demand(size(container), gpus, wall, null, List.of()))
          .reading();
    }

    private Size size(Container container) {
      return sizes.getOrDefault(container.name(), new Size.Whole());
    }

    private boolean readPod() {
      Value fraction = draft.annotation(FRACTION);
      Value memory = draft.annotation(MEMORY);
      String name = target();
      if (fraction.isThere() && memory.isThere()) {
        throw fraction.problem(
            "stands beside gpu-memory", "Keep one: a part of a GPU's memory, or an amount in MiB");
      }
      beside(FRACTION_LIMIT, FRACTION, fraction);
      beside(MEMORY_LIMIT, MEMORY, memory);
      if (fraction.isThere()) {
        sizes.put(name, fraction(fraction, name));
      } else if (memory.isThere()) {
        sizes.put(name, memory(memory));
      }
      return fraction.isThere();
    }

    private void beside(String limit, String request, Value asked) {
      Value most = draft.annotation(limit);
      if (most.isThere() && !asked.isThere()) {
        throw most.problem("stands without " + request, "Add " + request + ", or leave it out");
      }
    }

    private String target() {
      Value name = draft.annotation(CONTAINER);
      if (name.isThere()) {
        return String.valueOf(name.text());
      }
      List<Container> containers = draft.pod().containers();
      return containers.isEmpty() ? "" : containers.get(0).name();
    }

    private Size fraction(Value asked, String name) {
      Size.Fraction part = new Size.Fraction(asked.fraction());
      Value own = draft.annotation(PORTION_LIMIT.head() + name + ".gpu-memory.portion.limit");
      for (Value most : List.of(draft.annotation(FRACTION_LIMIT), own)) {
        if (most.isThere()) {
          Size.Fraction limit = new Size.Fraction(most.fraction());
          if (limit.part().value() < part.part().value()) {
            throw most.problem("is less than gpu-fraction", "Maybe they were exchanged");
          }
          part = limit;
        }
      }
      return part;
    }

    private Size memory(Value asked) {
      Value most = draft.annotation(MEMORY_LIMIT);
      return new Size.Memory(most.isThere() ? held(asked, asked.mib(), most) : asked.mib());
    }

    private static MemoryMiB held(Value request, MemoryMiB asked, Value most) {
      MemoryMiB limit = most.quantity();
      if (limit.compareTo(asked) < 0) {
        throw most.problem("is less than " + request.key(), "Maybe they were exchanged");
      }
      return limit;
    }

    private boolean readContainers() {
      for (String key : draft.pod().annotations().keySet()) {
        for (int i = 0; i < REQUESTS.size(); i++) {
          if (REQUESTS.get(i).matches(key)) {
            readContainer(REQUESTS.get(i).part(key), i);
          } else if (LIMITS.get(i).matches(key)) {
            readContainer(LIMITS.get(i).part(key), i);
          }
        }
        if (PORTION_LIMIT.matches(key)) {
          checkPortionLimit(key);
        }
      }
      return true;
    }

    private void readContainer(String name, int form) {
      Value request = draft.annotation(REQUESTS.get(form).head() + name + ".gpu-memory.request");
      Value limit = draft.annotation(LIMITS.get(form).head() + name + ".gpu-memory.limit");
      Value first = request.isThere() ? request : limit;
      Size.Memory asked = new Size.Memory(first.quantity());
      Size before = sizes.get(name);
      Size.Memory size =
          limit.isThere() ? new Size.Memory(held(request, asked.amount(), limit)) : asked;
      if (before != null && !before.equals(asked) && !before.equals(size)) {
        throw first.problem("is not what gpu-fraction or gpu-memory says", "Keep one of them");
      }
      sizes.put(name, size);
    }

    private void checkPortionLimit(String key) {
      Value limit = draft.annotation(key);
      if (!draft.annotation(FRACTION).isThere()) {
        throw limit.problem("stands without gpu-fraction", "Add gpu-fraction, or leave it out");
      }
      if (!PORTION_LIMIT.part(key).equals(target())) {
        throw limit.problem(
            "is for another container than gpu-fraction", "Name that one with " + CONTAINER);
      }
    }

    private int gpus() {
      Value devices = draft.annotation(DEVICES);
      if (!devices.isThere()) {
        return 1;
      }
      if (sizes.isEmpty()) {
        throw devices.problem(
            "says on how many GPUs, and nothing says how much of each", "Add gpu-fraction: 0.5");
      }
      return devices.gpus();
    }

    private WallChoice wall() {
      Value mps = draft.annotation(MPS);
      Value mode = draft.annotation(MODE);
      boolean shares = mps.isThere() && mps.isTrue();
      shares |= mode.isThere() && mode.oneOf("time-slicing", "sm-sharing").equals("sm-sharing");
      return shares ? WallChoice.MPS : WallChoice.ANY;
    }

    private void checkNames() {
      for (String name : sizes.keySet()) {
        boolean known =
            draft.pod().containers().stream().anyMatch(each -> each.name().equals(name))
                || draft.pod().initContainers().stream().anyMatch(each -> each.name().equals(name));
        if (!known) {
          draft.problem(
              "An annotation asks for a part of a GPU for the container ("
                  + Quantity.shown(name)
                  + "), and the pod has none of that name.\nMaybe it has another name.");
        }
      }
    }
  }
}
