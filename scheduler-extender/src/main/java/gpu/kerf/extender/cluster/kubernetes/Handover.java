package gpu.kerf.extender.cluster.kubernetes;

import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands news from the threads that hear them to the thread that owns the ledger, in order. Whoever
 * hears faster than the owner works must wait.
 */
final class Handover {
  private static final Logger LOG = LoggerFactory.getLogger(Handover.class);
  private static final int MOST_WAITING = 256;

  private final Executor loop;
  private final Semaphore room = new Semaphore(MOST_WAITING);

  Handover(Executor loop) {
    this.loop = loop;
  }

  void hand(Runnable news) throws InterruptedException {
    room.acquire();
    loop.execute(
        () -> {
          try {
            news.run();
          } catch (RuntimeException e) {
            LOG.error("News of the cluster could not be taken in.", e);
          } finally {
            room.release();
          }
        });
  }

  /** Returns when everything that was handed over before has been taken in. */
  void drain() throws InterruptedException {
    room.acquire(MOST_WAITING);
    room.release(MOST_WAITING);
  }
}
