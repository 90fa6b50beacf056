package gpu.kerf.bench.replay;

import gpu.kerf.model.line.LookAhead;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A policy that also says which pod of a line goes next. */
public interface LinePolicy extends ReplayPolicy {

  /**
   * The next pod to start and free slots for it; null if none should start now.
   *
   * @param line each kind of pod that waits, in the order in which the first of each kind arrived
   */
  LookAhead.@Nullable Start next(List<LookAhead.Waiting> line);
}
