package gpu.kerf.model.price;

import gpu.kerf.model.hardware.MigLayouts;
import java.util.Arrays;

/**
 * From every MIG layout of one GPU model the layouts that one instance more or less makes of it.
 */
final class LayoutSteps {

  private final MigLayouts layouts;
  private final int kinds;
  private final int[][] onward;
  private final int[][] back;

  LayoutSteps(MigLayouts layouts) {
    this.layouts = layouts;
    this.kinds = layouts.plainProfiles().size();
    this.onward = new int[layouts.size()][];
    this.back = new int[layouts.size()][];
    for (int layout = 0; layout < onward.length; layout++) {
      onward[layout] = onwardFrom(layout);
      back[layout] = backFrom(layout);
    }
  }

  private int[] onwardFrom(int layout) {
    int[] run = new int[kinds * (Byte.SIZE + 2)];
    int length = 0;
    for (int kind = 0; kind < kinds; kind++) {
      int head = length;
      length += 2;
      for (int start = 0; start < Byte.SIZE; start++) {
        int next = layouts.with(layout, kind, start);
        if (next >= 0) {
          run[length++] = next;
        }
      }
      run[head] = kind;
      run[head + 1] = length - head - 2;
      length = run[head + 1] == 0 ? head : length;
    }
    return Arrays.copyOf(run, length);
  }

  private int[] backFrom(int layout) {
    int[] left = new int[Byte.SIZE];
    int length = 0;
    for (int kind = 0; kind < kinds; kind++) {
      for (int start = 0; start < Byte.SIZE; start++) {
        int previous = layouts.without(layout, kind, start);
        if (previous >= 0) {
          left[length++] = previous;
        }
      }
    }
    return Arrays.copyOf(left, length);
  }

  /** A run of groups "kind, number of starts, layouts that follow". */
  int[] onward(int layout) {
    return onward[layout];
  }

  /** The layouts that are left when one of its instances goes. */
  int[] back(int layout) {
    return back[layout];
  }
}
