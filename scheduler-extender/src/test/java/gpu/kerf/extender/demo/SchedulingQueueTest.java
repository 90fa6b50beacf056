package gpu.kerf.extender.demo;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.embedded.VirtualTimers;
import gpu.kerf.extender.demo.SchedulingQueue.Waiting;
import gpu.kerf.extender.demo.Work.Kind;
import gpu.kerf.model.demand.WallChoice;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What kube-scheduler's queue does, in a time of its own. */
class SchedulingQueueTest {

  private final VirtualTimers timers = new VirtualTimers(0);
  private final SchedulingQueue queue = new SchedulingQueue(timers, 3);

  @Test
  void theMoreImportantComesFirstAndThenTheOlder() {
    queue.add(run(1, Kind.NOTEBOOK));
    queue.add(run(2, Kind.NOTEBOOK));
    queue.add(run(3, Kind.URGENT));

    assertThat(List.of(number(), number(), number())).containsExactly(3, 1, 2);
    assertThat(queue.next()).isNull();
  }

  @Test
  void aFullQueueTurnsAway() {
    assertThat(queue.add(run(1, Kind.NOTEBOOK))).isTrue();
    queue.noRoom(next());
    queue.add(run(2, Kind.NOTEBOOK));
    queue.failed(next());
    queue.add(run(3, Kind.NOTEBOOK));

    // One waits for an event, one for its backoff, one to be tried: three in all.
    assertThat(queue.size()).isEqualTo(3);
    assertThat(queue.add(run(4, Kind.NOTEBOOK))).isFalse();
  }

  @Test
  void whoFoundNoRoomWaitsForAnEventAndForItsBackoff() {
    queue.add(run(1, Kind.NOTEBOOK));
    queue.noRoom(next());
    assertThat(timers.nextDue()).isEqualTo(Long.MAX_VALUE);

    timers.after(400, queue::wake);
    timers.runNext();
    assertThat(queue.next()).isNull();

    // The first backoff is a second, from the attempt on.
    timers.runNext();
    assertThat(timers.now()).isEqualTo(1_000);
    assertThat(number()).isEqualTo(1);
  }

  @Test
  void anEventAfterTheBackoffWakesAtOnce() {
    queue.add(run(1, Kind.NOTEBOOK));
    queue.noRoom(next());

    timers.after(5_000, queue::wake);
    timers.runNext();

    assertThat(number()).isEqualTo(1);
  }

  @Test
  void theBackoffDoublesUpToTenSeconds() {
    queue.add(run(1, Kind.NOTEBOOK));
    long[] waits = new long[6];
    for (int i = 0; i < waits.length; i++) {
      long before = timers.now();
      queue.failed(next());
      timers.runNext();
      waits[i] = timers.now() - before;
    }

    assertThat(waits).containsExactly(1_000, 2_000, 4_000, 8_000, 10_000, 10_000);
  }

  private int number() {
    return next().run.work().number();
  }

  private Waiting next() {
    return Objects.requireNonNull(queue.next());
  }

  private Run run(int number, Kind kind) {
    Work work = new Work(number, kind, "ml", 1024, 1, WallChoice.ANY, 0, List.of(), 0, 0, 0, 1_000);
    return new Run(work, 0, 1_000, Manifest.of(work, 0, 1, timers.now()));
  }
}
