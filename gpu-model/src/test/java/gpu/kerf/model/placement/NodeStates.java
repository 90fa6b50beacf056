package gpu.kerf.model.placement;

import java.util.Arrays;

/** Writes down everything a node's state says, so that two states can be compared as texts. */
public final class NodeStates {

  private NodeStates() {}

  /** Two nodes with the same text refuse and accept the same, at the same cost. */
  public static String text(NodeState node) {
    StringBuilder text = new StringBuilder(node.name());
    for (int gpu = 0; gpu < node.gpus(); gpu++) {
      text.append("\n  ").append(gpu).append(' ').append(node.gpu(gpu));
    }
    return text.append("\n  layout ")
        .append(Arrays.toString(node.layout))
        .append(" instances ")
        .append(Arrays.toString(node.heldInstances))
        .append(" media ")
        .append(Arrays.toString(node.media))
        .append("\n  free MiB ")
        .append(Arrays.toString(node.freeMiB))
        .append(" largest ")
        .append(node.largestFreeMiB)
        .append(" total ")
        .append(node.totalFreeMiB)
        .append(" untouched ")
        .append(Long.toBinaryString(node.untouched))
        .append("\n  cpu ")
        .append(node.freeCpuMilli)
        .append(" memory ")
        .append(node.freeHostMiB)
        .toString();
  }
}
