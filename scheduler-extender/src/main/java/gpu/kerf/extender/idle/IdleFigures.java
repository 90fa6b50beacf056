package gpu.kerf.extender.idle;

import java.io.Closeable;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** What measures how busy GPUs are. */
public interface IdleFigures extends Closeable {

  /**
   * The GPUs that have computed nothing for each of these durations up to now. It may complete on
   * any thread, and fails if one of them is not known.
   */
  CompletionStage<Map<Duration, UnusedGpus>> look(Set<Duration> durations);

  @Override
  void close();
}
