package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigProfile;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Kerf's resources on pods of other dialects. The webhook adds them so that quota counts such pods,
 * and marks the pod. On a marked pod these resources are no demand of their own, and must equal
 * what the webhook would have added. So a user gains nothing by forging the mark or by changing an
 * annotation after the pod was counted.
 *
 * <p>A part of a GPU whose size is not known yet is counted by the least that it can come to, so
 * that no node looks fuller than it is.
 */
public final class Counted {

  private static final Pattern MARK = Pattern.compile("([a-z-]{1,30})(?:/([1-9][0-9]{0,7})Mi)?");

  private Counted() {}

  static boolean isMarked(PodView pod) {
    return pod.annotations().containsKey(Annotations.COUNTED);
  }

  /**
   * The mark of a pod.
   *
   * @param gpuMiB of how much memory fractions are counted; 0 if it is unknown
   */
  public static String mark(String dialect, PodDemand demand, int gpuMiB) {
    boolean fractions =
        demand.containers().stream()
            .anyMatch(each -> each.demand().size() instanceof Size.Fraction);
    return fractions && gpuMiB > 0 ? dialect + "/" + gpuMiB + "Mi" : dialect;
  }

  /** Kerf's resources for one container's demand: none, if the amount is unknown. */
  public static Map<String, String> amounts(Demand demand, int gpuMiB) {
    if (demand.size() instanceof Size.Whole) {
      return Map.of(KerfDialect.WHOLE, String.valueOf(demand.gpus()));
    }
    long each = mib(demand.size(), gpuMiB);
    return each == 0 ? Map.of() : Map.of(KerfDialect.MEMORY, each * demand.gpus() + "Mi");
  }

  private static long mib(Size size, int gpuMiB) {
    if (size instanceof Size.Memory memory) {
      return memory.amount().value();
    }
    if (size instanceof Size.Fraction fraction) {
      return gpuMiB == 0 ? 0 : Math.max(1, (long) gpuMiB * fraction.part().value() / 1000);
    }
    return size instanceof Size.Profile profile ? least(profile.name()) : 0;
  }

  /** The least memory that an instance of that profile has on any model. */
  private static int least(String profile) {
    int least = 0;
    for (GpuModel model : GpuCatalog.builtIn().models()) {
      MigProfile found = model.profile(profile);
      int mib = found == null ? 0 : found.memoryMiB();
      least = mib > 0 && (least == 0 || mib < least) ? mib : least;
    }
    return least;
  }

  /** Whether what a marked pod brings is what its demand comes to; else that is a problem. */
  static void check(
      PodView pod, String dialect, List<PodDemand.Container> demands, List<String> problems) {
    String written = pod.annotations().get(Annotations.COUNTED);
    if (written == null) {
      return;
    }
    Matcher mark = MARK.matcher(written);
    if (dialect.isEmpty() || !mark.matches() || !mark.group(1).equals(dialect)) {
      problems.add(
          "The annotation kerf.gpu/counted ("
              + Quantity.shown(written)
              + ") is not what Kerf writes on this pod.\nLeave it out.");
      return;
    }
    int gpuMiB = mark.group(2) == null ? 0 : Integer.parseInt(mark.group(2));
    Map<String, Demand> byName = new HashMap<>();
    demands.forEach(each -> byName.put(each.name(), each.demand()));
    pod.initContainers().forEach(each -> check(each, byName.get(each.name()), gpuMiB, problems));
    pod.containers().forEach(each -> check(each, byName.get(each.name()), gpuMiB, problems));
  }

  private static void check(
      Container container, @Nullable Demand demand, int gpuMiB, List<String> problems) {
    Map<String, String> right = demand == null ? Map.of() : amounts(demand, gpuMiB);
    boolean same =
        isSame(right, container.resources().limits(), false)
            && isSame(right, container.resources().requests(), true);
    if (!same) {
      problems.add(
          "The container "
              + container.name()
              + " brings other amounts of kerf.gpu/memory and kerf.gpu/whole than its demand comes"
              + " to"
              + (right.isEmpty() ? " (none)" : " (" + shown(right) + ")")
              + ".\nLeave them and kerf.gpu/counted out: Kerf writes them.");
    }
  }

  private static String shown(Map<String, String> amounts) {
    Map.Entry<String, String> one = amounts.entrySet().iterator().next();
    return one.getKey() + ": " + one.getValue();
  }

  private static boolean isSame(
      Map<String, String> right, Map<String, String> written, boolean mayBeMissing) {
    boolean some =
        written.containsKey(KerfDialect.MEMORY) || written.containsKey(KerfDialect.WHOLE);
    return (mayBeMissing && !some)
        || (isSame(KerfDialect.MEMORY, right, written)
            && isSame(KerfDialect.WHOLE, right, written));
  }

  private static boolean isSame(
      String resource, Map<String, String> right, Map<String, String> written) {
    String wanted = right.get(resource);
    String found = written.get(resource);
    if (wanted == null || found == null) {
      return wanted == null && found == null;
    }
    try {
      return resource.equals(KerfDialect.WHOLE)
          ? wanted.equals(found)
          : Quantity.memoryMiB(wanted) == Quantity.memoryMiB(found);
    } catch (IllegalArgumentException nonsense) {
      return false;
    }
  }
}
