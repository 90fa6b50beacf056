package gpu.kerf.extender.demo;

import gpu.kerf.extender.demo.SlotAudit.Held;
import gpu.kerf.extender.demo.SlotAudit.Kind;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.Arrays;
import java.util.List;

/**
 * Draws GPUs as bars in a terminal, all on one scale of memory. A cell has two halves, so that the
 * eight slices of a MIG GPU find room in four cells; neighbours differ in shade.
 */
final class Bars {
  private static final int MOST_NAME = 14;
  private static final int LEAST_CELLS = 4;
  private static final int MOST_CELLS = 16;

  private static final int FREE = 0;
  private static final String PLAIN = "\033[0m";
  private static final String DIM = "\033[2m";

  private final int nameWidth;
  private final int cells;
  private final int largest;

  /**
   * @param columns how wide the terminal is; the node with the most memory fills it
   */
  Bars(List<NodeSpec> nodes, int columns) {
    int name = nodes.stream().mapToInt(node -> node.name().length()).max().orElse(0);
    nameWidth = Math.min(MOST_NAME, name);
    largest =
        nodes.stream().flatMap(node -> node.gpus().stream()).mapToInt(Bars::memory).max().orElse(1);
    int most = MOST_CELLS;
    while (most > LEAST_CELLS && !fits(nodes, most, columns)) {
      most -= LEAST_CELLS / 2;
    }
    cells = most;
  }

  private boolean fits(List<NodeSpec> nodes, int most, int columns) {
    return nodes.stream()
        .allMatch(
            node ->
                nameWidth + node.gpus().stream().mapToInt(gpu -> 1 + width(gpu, most)).sum()
                    <= columns);
  }

  private static int memory(GpuSpec gpu) {
    return gpu.memoryMiB();
  }

  /**
   * Halves of slices must not share a half cell, so GPUs are whole numbers of four cells or two.
   */
  private int width(GpuSpec gpu, int most) {
    int step = most >= 8 ? LEAST_CELLS : LEAST_CELLS / 2;
    int exact = (int) Math.round((double) most * gpu.memoryMiB() / largest / step) * step;
    return Math.max(gpu.mode() == GpuMode.PLAIN ? step : LEAST_CELLS, exact);
  }

  /** The node's name, or the text in its place, and its GPUs. */
  String of(String name, NodeSpec node, List<List<Held>> held) {
    StringBuilder text = new StringBuilder();
    text.append(name, 0, Math.min(nameWidth, name.length()));
    text.append(" ".repeat(nameWidth - Math.min(nameWidth, name.length())));
    for (int gpu = 0; gpu < node.gpus().size(); gpu++) {
      text.append(' ').append(bar(node.gpus().get(gpu), held.get(gpu)));
    }
    return text.toString();
  }

  private String bar(GpuSpec gpu, List<Held> held) {
    int[] halves = halves(gpu, held, 2 * width(gpu, cells));
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < halves.length; i += 2) {
      text.append(cell(halves[i], halves[i + 1]));
    }
    return text.toString();
  }

  /** The colour of each half cell. */
  static int[] halves(GpuSpec gpu, List<Held> held, int width) {
    int[] halves = new int[width];
    long before = 0;
    int shade = 1;
    for (Held each : held) {
      shade = shadeBeside(shade, each.uid());
      int colour = colour(each.kind(), shade);
      if (each.kind() == Kind.MIG) {
        slices(halves, gpu.model().slices(), each.mask(), colour);
      } else {
        long after = before + each.memoryMiB();
        int from = (int) (before * width / gpu.memoryMiB());
        int to = (int) Math.min(width, Math.round((double) after * width / gpu.memoryMiB()));
        int end = each.kind() == Kind.WHOLE ? width : to;
        Arrays.fill(
            halves, Math.min(from, width - 1), Math.max(end, Math.min(from + 1, width)), colour);
        before = after;
      }
    }
    return halves;
  }

  /** Mostly the pod's own, so that little changes when a neighbour goes. */
  private static int shadeBeside(int neighbour, String uid) {
    int own = uid.hashCode() & 1;
    return own == neighbour ? 1 - own : own;
  }

  private static void slices(int[] halves, int slices, int mask, int colour) {
    for (int half = 0; half < halves.length; half++) {
      int slice = half * slices / halves.length;
      if ((mask & (1 << slice)) != 0) {
        halves[half] = colour;
      }
    }
  }

  private static String cell(int left, int right) {
    if (left == FREE && right == FREE) {
      return DIM + "·" + PLAIN;
    }
    if (left == right) {
      return ink(left) + "█" + PLAIN;
    }
    if (left == FREE) {
      return ink(right) + "▐" + PLAIN;
    }
    String ground = right == FREE ? "" : "\033[48;5;" + right + "m";
    return ink(left) + ground + "▌" + PLAIN;
  }

  private static String ink(int colour) {
    return "\033[38;5;" + colour + "m";
  }

  /** Of the 256 that terminals have; two shades of each. */
  private static int colour(Kind kind, int shade) {
    return switch (kind) {
      case WHOLE -> 32;
      case MIG -> shade == 0 ? 134 : 97;
      case SHARE -> shade == 0 ? 71 : 29;
    };
  }

  /** Three cells of a kind, for a legend. */
  static String sample(Kind kind) {
    int one = colour(kind, 0);
    int other = colour(kind, 1);
    return cell(one, one) + cell(one, other) + cell(other, other);
  }
}
