package gpu.kerf.extender.service;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Vert.x as the commands use it: one event loop, and nothing of the class path in files. */
public final class Vertxes {
  private static final long PATIENCE_SECONDS = 60;

  private Vertxes() {}

  /** With one event loop, which owns the ledger. */
  public static Vertx small() {
    FileSystemOptions files =
        new FileSystemOptions().setClassPathResolvingEnabled(false).setFileCachingEnabled(false);
    return Vertx.vertx(
        new VertxOptions()
            .setEventLoopPoolSize(1)
            .setWorkerPoolSize(4)
            .setInternalBlockingPoolSize(2)
            .setFileSystemOptions(files));
  }

  /** Does something on a context and waits for its end, outside of any event loop. */
  public static <T> T on(Context context, Supplier<Future<T>> action) {
    Promise<T> end = Promise.promise();
    context.runOnContext(
        nothing -> Future.succeededFuture().compose(begun -> action.get()).onComplete(end));
    return await(end.future());
  }

  /** Waits, outside of any event loop. */
  public static <T> T await(Future<T> future) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(failed.getCause());
    } catch (TimeoutException late) {
      throw new IllegalStateException("No answer within " + PATIENCE_SECONDS + " s.", late);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted.", interrupted);
    }
  }

  public static void close(Vertx vertx) {
    await(vertx.close());
  }
}
