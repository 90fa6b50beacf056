package gpu.kerf.extender;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what must happen, and gives up loudly if it does not. */
public final class Await {
  /** Far more than anything needs, so that only what never comes fails. */
  public static final Duration LONG = Duration.ofSeconds(60);

  private Await() {}

  public static <T> T value(Future<T> future) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(LONG.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(failed.getCause());
    } catch (InterruptedException | TimeoutException late) {
      throw new AssertionError("It did not happen within " + LONG + ".", late);
    }
  }

  /** Polls until a condition holds. */
  public static void until(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("Not within " + LONG + ": " + what);
      }
      LockSupport.parkNanos(1_000_000);
    }
  }
}
