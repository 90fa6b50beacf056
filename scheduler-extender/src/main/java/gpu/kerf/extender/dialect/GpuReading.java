package gpu.kerf.extender.dialect;

import gpu.kerf.model.demand.PodDemand.Container;
import java.util.List;

/** The GPU demands of a pod's containers, and the problems in their words. */
public record GpuReading(List<Container> containers, List<String> problems) {

  public static final GpuReading NOTHING = new GpuReading(List.of(), List.of());

  public GpuReading {
    containers = List.copyOf(containers);
    problems = List.copyOf(problems);
  }
}
