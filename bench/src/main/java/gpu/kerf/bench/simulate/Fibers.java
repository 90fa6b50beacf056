package gpu.kerf.bench.simulate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Threads of the code under test, of which exactly one runs at a time.
 *
 * <p>Each is a real thread, because the code under test blocks. A thread that blocks hands control
 * over: it runs the next events of the timeline itself, until one of them resumes a thread. If that
 * is the same thread, it goes on; if it is another one, control passes to that. So a run does not
 * depend on the scheduler of the JVM, and one seed gives one run.
 */
final class Fibers implements AutoCloseable {
  private final VirtualTime timeline;
  private final BooleanSupplier enough;
  private final Deque<Carrier> idle = new ArrayDeque<>();
  private final List<Carrier> carriers = new ArrayList<>();
  private final List<Fiber> alive = new ArrayList<>();
  private final Carrier main = new Carrier(Thread.currentThread());
  private @Nullable Fiber current;
  private @Nullable Throwable failure;
  private boolean closing;
  private Runnable afterEvent = () -> {};

  Fibers(VirtualTime timeline, BooleanSupplier enough) {
    this.timeline = timeline;
    this.enough = enough;
  }

  /** Ends a thread whose process was killed. Not even {@code catch (Exception)} stops it. */
  static final class Killed extends Error {
    private static final long serialVersionUID = 1L;

    Killed() {
      super("the process was killed", null, false, false);
    }
  }

  /** A thread of a process. */
  static final class Fiber {
    private final SimulatedProcess process;
    private final Runnable work;
    private @Nullable Carrier carrier;
    private @Nullable Parked parked;
    private boolean interrupted;
    private boolean killed;

    private Fiber(SimulatedProcess process, Runnable work) {
      this.process = process;
      this.work = work;
    }
  }

  /** Where a fiber waits. What comes first ends the wait; what comes later is without effect. */
  static final class Parked {
    private final Fiber fiber;
    private boolean over;
    private @Nullable Object value;

    private Parked(Fiber fiber) {
      this.fiber = fiber;
    }

    boolean isOver() {
      return over;
    }
  }

  /** A thread of the JVM. */
  private static final class Carrier {
    private Thread thread;
    private volatile boolean hasBaton;
    private @Nullable Fiber next;
    private volatile boolean ends;

    Carrier(Thread thread) {
      this.thread = thread;
    }

    void give() {
      hasBaton = true;
      LockSupport.unpark(thread);
    }

    void awaitBaton() {
      boolean interrupted = false;
      while (!hasBaton) {
        LockSupport.park(this);
        interrupted |= Thread.interrupted();
      }
      hasBaton = false;
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Is run after every event. */
  void afterEvent(Runnable check) {
    afterEvent = check;
  }

  /** What an event or a thread threw that nothing caught; null if nothing did. */
  @Nullable Throwable failure() {
    return failure;
  }

  void fail(Throwable thrown) {
    if (failure == null) {
      failure = thrown;
    }
  }

  /** Runs events until there are enough. */
  void run() {
    pump(main, null);
  }

  /** Starts a thread of a process, a little later. */
  Fiber start(SimulatedProcess process, long nanos, Runnable work) {
    Fiber fiber = new Fiber(process, work);
    Parked parked = new Parked(fiber);
    fiber.parked = parked;
    alive.add(fiber);
    timeline.resumeAfter(nanos, process, parked);
    return fiber;
  }

  /** Makes the running fiber ready to park; what is to end the wait must be arranged first. */
  Parked prepare() {
    Fiber fiber = running();
    if (fiber.killed) {
      throw new Killed();
    }
    Parked parked = new Parked(fiber);
    fiber.parked = parked;
    return parked;
  }

  /**
   * Parks the running fiber.
   *
   * @return what ended the wait; null if it was a resumption without a value
   * @throws InterruptedException if the thread was interrupted
   */
  @Nullable Object park(Parked parked) throws InterruptedException {
    Fiber fiber = running();
    boolean early = Thread.interrupted();
    if (early || fiber.interrupted) {
      fiber.interrupted = false;
      parked.over = true;
      throw new InterruptedException();
    }
    current = null;
    pump(Objects.requireNonNull(fiber.carrier), fiber);
    current = fiber;
    if (fiber.killed) {
      throw new Killed();
    }
    if (fiber.interrupted) {
      fiber.interrupted = false;
      throw new InterruptedException();
    }
    return parked.value;
  }

  /** Whether a thread of a process runs now, and not an event. */
  boolean isInFiber() {
    return current != null;
  }

  private Fiber running() {
    Fiber fiber = current;
    if (fiber == null) {
      throw new IllegalStateException("The loop of a replica, or an event, would block.");
    }
    return fiber;
  }

  /** Interrupts a thread. */
  void interrupt(Fiber fiber) {
    fiber.interrupted = true;
    Parked parked = fiber.parked;
    if (parked != null && !parked.over && fiber.carrier != null) {
      timeline.resumeAfter(0, fiber.process, parked);
    }
  }

  /** Ends all threads of a process that was killed. */
  void kill(SimulatedProcess process) {
    for (Fiber fiber : List.copyOf(alive)) {
      if (fiber.process == process) {
        fiber.killed = true;
        Parked parked = fiber.parked;
        if (fiber.carrier == null) {
          alive.remove(fiber);
        } else if (parked != null && !parked.over) {
          timeline.resumeAfter(0, null, parked);
        }
      }
    }
  }

  /**
   * Runs events on this thread until one of them is meant for it.
   *
   * @param self the fiber that waits on this thread; null if none does
   */
  private void pump(Carrier here, @Nullable Fiber self) {
    while (true) {
      if (closing || failure != null || enough.getAsBoolean()) {
        if (here != main) {
          main.give();
          here.awaitBaton();
          return;
        }
        return;
      }
      VirtualTime.Event event = timeline.next();
      if (event == null) {
        fail(new IllegalStateException("Nothing will ever happen again."));
        continue;
      }
      Parked parked = event.parked();
      if (parked == null) {
        act(event);
        continue;
      }
      parked.over = true;
      parked.value = event.value();
      Fiber fiber = parked.fiber;
      if (fiber == self) {
        return;
      }
      if (fiber.carrier == null && here != main && self == null) {
        work(fiber, here);
        continue;
      }
      Carrier there = fiber.carrier == null ? carrierFor(fiber) : fiber.carrier;
      if (self == null && here != main) {
        idle.push(here);
      }
      there.give();
      here.awaitBaton();
      if (here != main) {
        return;
      }
    }
  }

  private void act(VirtualTime.Event event) {
    try {
      event.action.run();
      afterEvent.run();
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  private Carrier carrierFor(Fiber fiber) {
    Carrier carrier = idle.poll();
    if (carrier == null) {
      Carrier fresh = new Carrier(Thread.currentThread());
      fresh.thread = new Thread(() -> carry(fresh), "simulated-" + carriers.size());
      fresh.thread.setDaemon(true);
      carriers.add(fresh);
      fresh.next = fiber;
      fresh.thread.start();
      return fresh;
    }
    carrier.next = fiber;
    return carrier;
  }

  /** The life of a thread of the JVM: it waits for a fiber, runs it, and then runs events. */
  private void carry(Carrier self) {
    self.awaitBaton();
    while (!self.ends) {
      Fiber fiber = self.next;
      self.next = null;
      if (fiber != null) {
        work(fiber, self);
      }
      pump(self, null);
    }
  }

  private void work(Fiber fiber, Carrier here) {
    fiber.carrier = here;
    current = fiber;
    try {
      if (!fiber.killed) {
        fiber.work.run();
      }
    } catch (Killed expected) {
      // Its process is no more.
    } catch (RuntimeException | Error e) {
      fail(e);
    } finally {
      current = null;
      alive.remove(fiber);
      Thread.interrupted();
    }
    try {
      afterEvent.run();
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  /** Ends all threads. */
  @Override
  public void close() {
    closing = true;
    for (Fiber fiber : List.copyOf(alive)) {
      fiber.killed = true;
      Carrier carrier = fiber.carrier;
      if (carrier != null) {
        carrier.give();
        main.awaitBaton();
      }
    }
    for (Carrier carrier : carriers) {
      carrier.ends = true;
      carrier.give();
    }
  }
}
