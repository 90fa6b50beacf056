package gpu.kerf.extender.verb;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Does something later, on any thread. */
@FunctionalInterface
interface Pauses {

  void after(long millis, Runnable action);

  static Pauses ofJdk() {
    return (millis, action) ->
        CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS).execute(action);
  }
}
