package gpu.kerf.extender.delivery;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs a task after a pause, on any thread. */
@FunctionalInterface
public interface Delays {

  void after(long millis, Runnable action);

  static Delays ofJdk() {
    return (millis, action) ->
        CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS).execute(action);
  }
}
