package gpu.kerf.extender.explain;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.WallChoice;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.List;

/** Writes a demand in words. */
public final class DemandText {

  private static final int GIB = 1024;

  private DemandText() {}

  /** As a sentence, with everything that was read. */
  public static String sentence(PodDemand pod) {
    List<String> parts = new ArrayList<>();
    for (PodDemand.Container container : pod.containers()) {
      parts.add("container " + container.name() + ": " + of(container.demand()));
    }
    for (PodDemand.Reuse reuse : pod.reuses()) {
      parts.add("init container " + reuse.container() + ": the slots of container " + reuse.of());
    }
    if (parts.isEmpty()) {
      parts.add("no GPU");
    }
    if (pod.cpuMilli() > 0) {
      parts.add("CPU " + cpu(pod.cpuMilli()));
    }
    if (pod.hostMemoryMiB() > 0) {
      parts.add("memory " + memory(pod.hostMemoryMiB()));
    }
    return String.join("; ", parts);
  }

  /** As a few words, without names of containers, CPU and memory. */
  public static String brief(PodDemand pod) {
    return pod.containers().isEmpty()
        ? "no GPU"
        : String.join(" + ", pod.containers().stream().map(each -> brief(each.demand())).toList());
  }

  private static String brief(Demand demand) {
    String size =
        demand.size() instanceof Size.Whole
            ? demand.gpus() + " whole"
            : amount(demand.size()) + times(demand);
    return size + conditions(demand);
  }

  private static String amount(Size size) {
    if (size instanceof Size.Memory memory) {
      return memory(memory.amount().value());
    }
    if (size instanceof Size.Fraction fraction) {
      return percent(fraction.part().value());
    }
    return size instanceof Size.Profile profile ? profile.name() : "whole";
  }

  private static String times(Demand demand) {
    return demand.gpus() == 1 ? "" : " on each of " + demand.gpus() + " GPUs";
  }

  /** One container's demand. */
  public static String of(Demand demand) {
    return phrase(demand, demand.gpus() == 1 ? "one GPU" : "each of " + demand.gpus() + " GPUs")
        + conditions(demand);
  }

  private static String phrase(Demand demand, String gpus) {
    Size size = demand.size();
    if (size instanceof Size.Memory) {
      return amount(size) + " of the memory of " + gpus;
    }
    if (size instanceof Size.Fraction) {
      return amount(size) + " of " + gpus;
    }
    if (size instanceof Size.Profile) {
      return "the MIG profile " + amount(size) + " on " + gpus;
    }
    return demand.gpus() == 1
        ? "one whole GPU"
        : demand.gpus() + " whole GPUs, close to each other";
  }

  private static String conditions(Demand demand) {
    StringBuilder text = new StringBuilder();
    if (demand.wall() != WallChoice.ANY && !(demand.size() instanceof Size.Profile)) {
      text.append(", wall ").append(demand.wall().word());
    }
    if (demand.sm() != null) {
      text.append(", ").append(percent(demand.sm().value())).append(" of the multiprocessors");
    }
    if (!demand.models().isEmpty()) {
      text.append(", on ").append(String.join(" or ", demand.models()));
    }
    return text.toString();
  }

  /** As Kubernetes writes it: 8Gi, 9856Mi. */
  public static String memory(int mib) {
    return mib % GIB == 0 ? mib / GIB + "Gi" : mib + "Mi";
  }

  static String cpu(int milli) {
    if (milli >= NodeSpec.UNKNOWN) {
      return "any";
    }
    return milli % 1000 == 0 ? String.valueOf(milli / 1000) : milli + "m";
  }

  static String percent(int milli) {
    return milli % 10 == 0 ? milli / 10 + "%" : milli / 10 + "." + milli % 10 + "%";
  }
}
