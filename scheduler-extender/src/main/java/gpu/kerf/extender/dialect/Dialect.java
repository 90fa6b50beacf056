package gpu.kerf.extender.dialect;

import gpu.kerf.extender.wire.PodView;
import java.util.List;

/** One project's way to write a demand for GPUs in a pod. */
public abstract class Dialect {
  private final String name;
  private final Words words;

  Dialect(String name, Words words) {
    this.name = name;
    this.words = words;
  }

  /** What people call it, as in "the pod speaks kerf". */
  public final String name() {
    return name;
  }

  /** Everything that it understands or refuses. */
  public final List<Word> words() {
    return words.all();
  }

  /** The name of the dialect whose words it reads, too, beside its own; empty if there is none. */
  public String includes() {
    return "";
  }

  /** Whether a pod uses any word of it. */
  public boolean isSpokenBy(PodView pod) {
    return words.areSpokenBy(pod);
  }

  /** What a pod that speaks it asks of GPUs. */
  public abstract GpuReading read(PodView pod);
}
