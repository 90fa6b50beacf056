package gpu.kerf.bench.simulate;

import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The watch of a process other than Kerf: it delivers every change of some kinds, in order, after a
 * delay. It never fails, because the simulator injects faults into Kerf's own watches only.
 */
final class Feed implements Consumer<ApiStore.Change> {
  private final VirtualTime timeline;
  private final SimulatedProcess process;
  private final Set<ObjectKind> kinds;
  private final LongSupplier latency;
  private final Consumer<ApiStore.Change> sink;
  private long last;

  Feed(
      VirtualTime timeline,
      SimulatedProcess process,
      Set<ObjectKind> kinds,
      LongSupplier latency,
      Consumer<ApiStore.Change> sink) {
    this.timeline = timeline;
    this.process = process;
    this.kinds = kinds;
    this.latency = latency;
    this.sink = sink;
  }

  @Override
  public void accept(ApiStore.Change change) {
    if (kinds.contains(change.kind())) {
      last = Math.max(last, timeline.now() + latency.getAsLong());
      timeline.after(last - timeline.now(), process, () -> sink.accept(change));
    }
  }
}
