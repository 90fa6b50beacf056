package gpu.kerf.extender.demo;

import gpu.kerf.extender.cluster.embedded.FleetFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The real demo on its standard fleet, which goes on only as far as a test tells it to: between two
 * steps everything has settled, and time stands still.
 */
public final class SteppedDemo implements AutoCloseable {
  private static final long DEADLINE_SECONDS = 60;

  private final TestDemo service = new TestDemo();
  private final Semaphore allowed = new Semaphore(0);
  private final Semaphore arrived = new Semaphore(0);
  private final StringWriter told = new StringWriter();
  private final CompletableFuture<Void> end;
  private volatile boolean stopped;

  public SteppedDemo(long seed, int pods) throws IOException {
    var options =
        new DemoRunner.DemoOptions(FleetFile.standard(), seed, pods, 1.5, 0, 1_800_000_000_000L);
    var out = new PrintWriter(told, true);
    DemoRunner runner = new DemoRunner(service.vertx, service.settings, options, out);
    end = CompletableFuture.runAsync(() -> run(runner));
    await(arrived);
  }

  private void run(DemoRunner runner) {
    try {
      runner.run(DemoRunner.Look.NOTHING, this::stopsHere);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** The demo asks before each step whether it is to stop. */
  private boolean stopsHere() {
    arrived.release();
    allowed.acquireUninterruptibly();
    return stopped;
  }

  /** Goes on for so many times that it asks, and returns when it stands still again. */
  public void goOn(int times) {
    for (int i = 0; i < times; i++) {
      allowed.release();
      await(arrived);
    }
  }

  private void await(Semaphore sign) {
    try {
      if (!sign.tryAcquire(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("The demo does not go on; it said: " + told + ", " + end);
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Where the service listens, with a slash at the end. */
  public String address() {
    return told.toString().lines().findFirst().orElseThrow();
  }

  @Override
  public void close() {
    stopped = true;
    allowed.release(Integer.MAX_VALUE / 2);
    end.join();
    service.close();
  }
}
