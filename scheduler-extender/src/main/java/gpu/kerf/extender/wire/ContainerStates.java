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

  /**
   * The {@code state} of a container's status.
   *
   * @param word the one word of it
   * @param end when the container ended, as it is written; empty if it has not or does not say
   */
  record State(String word, String end) {
    static final State WAITING = new State("waiting", "");
  }

  private int running;
  private int waiting;
  private int ended;
  private String lastEnd = "";

  static State read(JsonIn in) throws IOException, WireException {
    String[] texts = {State.WAITING.word, ""};
    in.object(
        word -> {
          texts[0] = word;
          if (!word.equals("terminated")) {
            return false;
          }
          in.object(
              field -> {
                boolean end = field.equals("finishedAt");
                texts[1] = end ? in.text() : texts[1];
                return end;
              });
          return true;
        });
    return new State(texts[0], texts[1]);
  }

  /**
   * Adds a container.
   *
   * @param proper whether it is none of the init or ephemeral containers
   */
  void add(State state, boolean proper) {
    running += state.word.equals("running") ? 1 : 0;
    waiting += state.word.equals(State.WAITING.word) ? 1 : 0;
    ended += proper && state.word.equals("terminated") ? 1 : 0;
    // All are written in UTC and to the second, so that the later one is the greater text.
    lastEnd = state.end.compareTo(lastEnd) > 0 ? state.end : lastEnd;
  }

  /** When the last of those that have ended did, as it is written; empty if none says so. */
  String lastEnd() {
    return lastEnd;
  }

  boolean anyRuns() {
    return running > 0;
  }

  /** Whether so many containers have ended, and no other one runs or waits to be started. */
  boolean allEnded(int containers) {
    return containers > 0 && ended == containers && running == 0 && waiting == 0;
  }
}
