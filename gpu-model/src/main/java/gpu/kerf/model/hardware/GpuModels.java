package gpu.kerf.model.hardware;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The GPU models of one fleet, numbered in the order in which they were first seen.
 *
 * <p>The numbers let prepared demands and prices be arrays. A model never loses its number.
 */
public final class GpuModels {

  private final List<GpuModel> models = new ArrayList<>();
  private final List<MigLayouts> layouts = new ArrayList<>();

  /** The number of a model, given on first sight. */
  public int indexOf(GpuModel model) {
    int known = models.indexOf(model);
    if (known >= 0) {
      return known;
    }
    models.add(model);
    layouts.add(MigLayouts.of(model));
    return models.size() - 1;
  }

  public GpuModel get(int index) {
    return models.get(index);
  }

  /** The MIG layouts of a model; only the empty one if it has no MIG. */
  public MigLayouts layouts(int index) {
    return layouts.get(index);
  }

  public int size() {
    return models.size();
  }

  /** The numbers of all GPUs of a node, in index order. */
  public int[] indexesOf(List<GpuModel> gpus) {
    int[] indexes = new int[gpus.size()];
    Arrays.setAll(indexes, i -> indexOf(gpus.get(i)));
    return indexes;
  }
}
