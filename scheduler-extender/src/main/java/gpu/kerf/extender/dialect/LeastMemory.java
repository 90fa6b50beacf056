package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Refuses amounts in which no program can work: CUDA alone takes more. Most are a number whose unit
 * was forgotten, and {@code kerf.gpu/memory: 8} is eight bytes.
 */
record LeastMemory(MemoryMiB least) {

  private static final Pattern NO_UNIT = Pattern.compile("([0-9]{1,9})(k|e3)?");

  /** A number up to that is meant in GiB, a larger one in MiB. */
  private static final long LARGEST_IN_GIB = 512;

  void check(PodView pod, List<PodDemand.Container> asking, List<String> problems) {
    for (int i = 0; i < asking.size(); i++) {
      PodDemand.Container each = asking.get(i);
      if (each.demand().size() instanceof Size.Memory memory
          && memory.amount().compareTo(least) < 0) {
        problems.add(problem(each.name(), memory.amount(), written(pod, each.name())));
      }
    }
  }

  /** The amount in Kerf's words; empty in those of other projects. */
  private static String written(PodView pod, String container) {
    for (List<Container> some : List.of(pod.containers(), pod.initContainers())) {
      for (Container each : some) {
        if (each.name().equals(container)) {
          return each.resources().limitOrRequest(KerfDialect.MEMORY);
        }
      }
    }
    return "";
  }

  private String problem(String container, MemoryMiB amount, String written) {
    String subject =
        written.isEmpty()
            ? "The GPU memory (" + amount + ") of container "
            : "The " + KerfDialect.MEMORY + " (" + Quantity.shown(written) + ") of container ";
    Matcher noUnit = NO_UNIT.matcher(written);
    String why = noUnit.matches() ? " has no unit, so it counts bytes, and" : "";
    return subject
        + container
        + why
        + " is less than "
        + least
        + " (dialects.leastMemory).\n"
        + (noUnit.matches() ? "Did you mean " + meant(noUnit) + "?" : "Maybe write it as 8Gi.");
  }

  private static String meant(Matcher noUnit) {
    long number = Long.parseLong(noUnit.group(1)) * (noUnit.group(2) == null ? 1 : 1000);
    return number <= LARGEST_IN_GIB ? number + "Gi" : number + "Mi";
  }
}
