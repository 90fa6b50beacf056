package gpu.kerf.extender.dialect;

import gpu.kerf.model.demand.PodDemand.Container;
import java.util.List;

/** What the containers of a pod ask of GPUs, and what is wrong with how they ask. */
public record GpuReading(List<Container> containers, List<String> problems) {

  public static final GpuReading NOTHING = new GpuReading(List.of(), List.of());

  public GpuReading {
    containers = List.copyOf(containers);
    problems = List.copyOf(problems);
  }
}
