package gpu.kerf.extender.delivery;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Does something later, on any thread. */
@FunctionalInterface
public interface Delays {

  void after(long millis, Runnable action);

  static Delays ofJdk() {
    return (millis, action) ->
        CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS).execute(action);
  }
}
