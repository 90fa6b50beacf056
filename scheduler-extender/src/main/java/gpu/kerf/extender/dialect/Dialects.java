package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.demand.PodDemand;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Reads pods in whichever dialect they are written. A pod that mixes two is not understood. */
public final class Dialects {

  private final List<Dialect> dialects;

  public Dialects(List<Dialect> dialects) {
    this.dialects = List.copyOf(dialects);
  }

  /** Every dialect that this build knows. */
  public static Dialects all() {
    return new Dialects(List.of(new KerfDialect()));
  }

  /** What a pod asks of a node. */
  public Reading read(PodView pod) {
    HostDemand host = HostDemand.of(pod);
    GpuReading gpus = gpus(pod);
    List<String> problems = new ArrayList<>(gpus.problems());
    problems.addAll(host.problems());
    if (problems.isEmpty()) {
      try {
        return reading(gpus.containers(), host, List.of());
      } catch (IllegalArgumentException e) {
        problems.add(String.valueOf(e.getMessage()));
      }
    }
    return reading(List.of(), host, problems);
  }

  private static Reading reading(
      List<PodDemand.Container> containers, HostDemand host, List<String> problems) {
    return new Reading(new PodDemand(containers, host.cpuMilli(), host.memoryMiB()), problems);
  }

  private GpuReading gpus(PodView pod) {
    List<Dialect> spoken = dialects.stream().filter(dialect -> dialect.isSpokenBy(pod)).toList();
    if (spoken.size() > 1) {
      String names = spoken.stream().map(Dialect::name).collect(Collectors.joining(" and "));
      String problem =
          "The pod asks for GPUs in the words of " + names + ".\nMaybe keep those of one.";
      return new GpuReading(List.of(), List.of(problem));
    }
    return spoken.isEmpty() ? GpuReading.NOTHING : spoken.get(0).read(pod);
  }
}
