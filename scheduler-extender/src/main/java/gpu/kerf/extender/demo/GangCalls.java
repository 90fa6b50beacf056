package gpu.kerf.extender.demo;

import java.util.List;

/** Makes the bind calls of a gang, all of which are open at the same time. */
interface GangCalls {

  /** For work without gangs. */
  GangCalls NONE =
      (pods, nodes) -> {
        throw new IllegalStateException(
            "The gang (" + pods.get(0).gang() + ") came to a demo without gangs.");
      };

  /** The error of each pod; empty if it is bound. */
  List<String> bind(List<Run> pods, List<String> nodes);
}
