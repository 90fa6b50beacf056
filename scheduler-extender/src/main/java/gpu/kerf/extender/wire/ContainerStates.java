package gpu.kerf.extender.wire;

import java.io.IOException;

/**
 * A summary of the statuses of a pod's containers.
 *
 * <p>The kubelet never reports a pod Succeeded or Failed while a container of it may run. Others
 * do: the controller-manager marks pods Failed on nodes that it cannot reach. So a phase that says
 * the pod is over counts only if no container is reported as running.
 */
final class ContainerStates {
  static final String WAITING = "waiting";

  private int running;
  private int waiting;
  private int ended;

  /** The {@code state} of a container's status: the one word of it. */
  static String read(JsonIn in) throws IOException, WireException {
    String[] state = {WAITING};
    in.object(
        word -> {
          state[0] = word;
          return false;
        });
    return state[0];
  }

  /**
   * Adds a container.
   *
   * @param proper whether it is none of the init or ephemeral containers
   */
  void add(String state, boolean proper) {
    running += state.equals("running") ? 1 : 0;
    waiting += state.equals(WAITING) ? 1 : 0;
    ended += proper && state.equals("terminated") ? 1 : 0;
  }

  boolean anyRuns() {
    return running > 0;
  }

  /** Whether so many containers have ended, and no other one runs or waits to be started. */
  boolean allEnded(int containers) {
    return containers > 0 && ended == containers && running == 0 && waiting == 0;
  }
}
