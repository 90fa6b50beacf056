package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.MemoryMiB;
import gpu.kerf.model.demand.Size;
import gpu.kerf.model.demand.WallChoice;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The words of nos: MPS slices by their size, beside NVIDIA's for MIG profiles. */
public final class NosDialect extends Dialect {

  private static final int MIB_PER_GB = 1024;
  private static final int MOST_GB = 512;

  private static final Word SLICE =
      Word.asks(
          "nvidia.com/gpu-<n>gb",
          "A share of that many GiB, walled by MPS. More than one means one on each of so many"
              + " GPUs.");
  private static final Words WORDS = Words.of(SLICE);

  public NosDialect() {
    super("nos", WORDS);
  }

  @Override
  public String includes() {
    return "nvidia";
  }

  @Override
  public GpuReading read(PodView pod) {
    return new Draft(pod).read(NosDialect::asks, NosDialect::demand).reading();
  }

  private static boolean asks(Container container) {
    return WORDS.areAskedBy(container) || NvidiaDialect.asks(container);
  }

  private static Demand demand(Container container) {
    if (!WORDS.areAskedBy(container)) {
      return NvidiaDialect.demand(container);
    }
    String limit = only(container.resources().limits());
    String key = limit == null ? only(container.resources().requests()) : limit;
    if (key == null || NvidiaDialect.asks(container)) {
      throw new IllegalArgumentException(
          "The container "
              + container.name()
              + " asks for slices of several kinds.\nMaybe divide the work over two containers.");
    }
    Value count = Draft.limit(container, key);
    Value size = new Value(key, SLICE.part(key), container.name());
    int gb = (int) size.whole(1, MOST_GB, "number of GB", "Maybe nvidia.com/gpu-10gb");
    Size share = new Size.Memory(new MemoryMiB(gb * MIB_PER_GB));
    return new Demand(share, count.gpus(), WallChoice.MPS, null, List.of());
  }

  /** The one slice that is asked for, or null if there are none or several. */
  private static @Nullable String only(Map<String, String> amounts) {
    List<String> keys =
        amounts.keySet().stream()
            .filter(key -> SLICE.matches(key) && !Value.isZero(amounts.getOrDefault(key, "0")))
            .toList();
    return keys.size() == 1 ? keys.get(0) : null;
  }
}
