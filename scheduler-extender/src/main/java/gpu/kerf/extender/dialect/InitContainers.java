package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.SlotReuse;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The init containers of a pod that ask for GPUs, and end before its main containers start. */
public final class InitContainers {

  private InitContainers() {}

  /** Which of the containers that ask get slots of their own. */
  static SlotReuse divide(PodView pod, List<PodDemand.Container> asking) {
    if (pod.initContainers().isEmpty()) {
      return new SlotReuse(asking, List.of(), List.of());
    }
    Set<String> names = names(pod, init -> true);
    List<PodDemand.Container> inits = new ArrayList<>();
    List<PodDemand.Container> mains = new ArrayList<>();
    asking.forEach(each -> (names.contains(each.name()) ? inits : mains).add(each));
    return SlotReuse.of(inits, names(pod, Container::sidecar), mains);
  }

  private static Set<String> names(PodView pod, Predicate<Container> which) {
    return pod.initContainers().stream()
        .filter(which)
        .map(Container::name)
        .collect(Collectors.toSet());
  }

  /** Why one cannot have what it asks. */
  static String problem(SlotReuse.Refused refused) {
    List<PodDemand.Container> others = refused.others();
    return "The init container "
        + refused.container().name()
        + " asks for GPUs ("
        + amount(refused.container())
        + ") that the slots of no container which runs at another time cover ("
        + others.stream()
            .map(each -> each.name() + ": " + amount(each))
            .collect(Collectors.joining(", "))
        + "), and with slots of its own the pod would hold more than quota counts.\n"
        + "Maybe let it ask for no more than container "
        + others.get(0).name()
        + ", under the same annotations: then it uses the slots of that container.";
  }

  private static String amount(PodDemand.Container container) {
    Demand demand = container.demand();
    String text = amount(demand.size());
    return demand.gpus() == 1 ? text : text + " on " + demand.gpus() + " GPUs";
  }

  private static String amount(Size size) {
    if (size instanceof Size.Memory memory) {
      return memory.amount().toString();
    }
    if (size instanceof Size.Fraction fraction) {
      return fraction.part() + " of a GPU";
    }
    return size instanceof Size.Profile profile ? profile.name() : "all of a GPU";
  }

  /** Those with slots of their own, which the pod holds although they have ended. */
  public static List<String> withOwnSlots(PodView pod, PodDemand demand) {
    Set<String> ending = names(pod, init -> !init.sidecar());
    return ending.isEmpty()
        ? List.of()
        : demand.containers().stream()
            .map(PodDemand.Container::name)
            .filter(ending::contains)
            .toList();
  }

  /**
   * Those with slots of their own that Kubernetes does not count where one resource stands for all
   * GPUs: of an init container and of what runs after it, the larger alone counts, while the pod
   * holds both.
   */
  public static List<String> beyondOneCount(PodView pod, PodDemand demand) {
    List<String> own = withOwnSlots(pod, demand);
    List<PodDemand.Container> owners = demand.containers();
    boolean last = own.size() == 1 && owners.get(owners.size() - 1).name().equals(own.get(0));
    return last ? List.of() : own;
  }
}
