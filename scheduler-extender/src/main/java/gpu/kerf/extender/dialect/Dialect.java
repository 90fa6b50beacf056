package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.PodView;
import java.util.List;

/** One way to write what a pod asks of GPUs. */
public interface Dialect {

  /** What people call it, as in "the pod speaks kerf". */
  String name();

  /** Everything that it understands or refuses. */
  default List<Word> words() {
    return List.of();
  }

  /** The name of the dialect whose words it reads, too, beside its own; empty if there is none. */
  default String includes() {
    return "";
  }

  /** Whether a pod uses any word of it. */
  boolean isSpokenBy(PodView pod);

  /** What a pod that speaks it asks of GPUs. */
  GpuReading read(PodView pod);
}
