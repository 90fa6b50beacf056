package gpu.kerf.extender.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.client.HttpConnection;
import gpu.kerf.extender.cluster.embedded.EmbeddedCluster;
import gpu.kerf.extender.cluster.embedded.EmbeddedCluster.UnknownPods;
import gpu.kerf.extender.cluster.embedded.FleetFile;
import gpu.kerf.extender.cluster.embedded.SimApiServer;
import gpu.kerf.extender.cluster.embedded.SimPod;
import gpu.kerf.extender.cluster.embedded.VirtualTimers;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.model.hardware.NodeSpec;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Sixteen binders at once on a fleet that stays full, over the verbs.
 *
 * <p>What the API server has bound is compared with itself: in its order, by the placements alone.
 * {@code -Dkerf.binds=100000} is the full run.
 */
class RacingBindersTest {

  private static final int BINDERS = 16;
  private static final int BINDS = Integer.getInteger("kerf.binds", 4_000);

  private final VirtualTimers timers = new VirtualTimers(1_760_000_000_000L);
  private final SimApiServer server = new SimApiServer(timers);
  private final SlotAudit audit = new SlotAudit(FleetFile.standard());
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger bound = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();

  @Test
  void noSlotIsGivenTwiceAndNoBindIsLost() throws Exception {
    FleetFile.standard().forEach(server::putNode);
    server.watch(Runnable::run, new Auditing());
    EmbeddedCluster cluster = new EmbeddedCluster(server, UnknownPods.REFUSE);
    ExecutorService threads = Executors.newFixedThreadPool(BINDERS);
    try (TestDemo test = new TestDemo()) {
      DemoService service =
          DemoService.start(
              test.vertx,
              test.settings,
              cluster,
              Clocks.virtual(() -> Instant.ofEpochMilli(timers.now())));
      List<Callable<Binder>> binders = new ArrayList<>();
      for (int i = 0; i < BINDERS; i++) {
        binders.add(new Binder(i, new Extender(new HttpConnection(service.url(), 30_000))));
      }
      List<Binder> done = new ArrayList<>();
      for (Future<Binder> each : threads.invokeAll(binders, 20, TimeUnit.MINUTES)) {
        done.add(each.get());
      }

      assertThat(audit.violations()).isEmpty();
      assertThat(bound.get() + refused.get()).isEqualTo(BINDS);
      assertThat(bound.get()).isGreaterThan(BINDS / 10);
      assertThat(refused.get()).isPositive();
      long held = done.stream().mapToLong(binder -> binder.held.size()).sum();
      assertThat(server.pods().stream().filter(SimPod::isBound)).hasSize((int) held);
      service.settle();
      assertThat(service.holders()).isEqualTo(held);

      done.forEach(Binder::releaseAll);
      service.settle();
      assertThat(service.holders()).isZero();
      assertThat(audit.gpusInUse()).isZero();
    } finally {
      threads.shutdownNow();
    }
  }

  /** Binds until all binds are made, and makes room whenever it is refused. */
  private final class Binder implements Callable<Binder> {
    private final int number;
    private final Extender extender;
    private final SplittableRandom random;
    private final WorkMix mix;
    private final Deque<Run> held = new ArrayDeque<>();
    private final List<String> nodes = FleetFile.standard().stream().map(NodeSpec::name).toList();

    Binder(int number, Extender extender) {
      this.number = number;
      this.extender = extender;
      this.random = new SplittableRandom(number);
      this.mix = new WorkMix(number, 1);
    }

    @Override
    public Binder call() throws IOException {
      try (extender) {
        while (asked.getAndIncrement() < BINDS) {
          bindOne();
        }
      }
      return this;
    }

    /** Half of them do not ask filter, as if it had been asked long ago. */
    private void bindOne() {
      Work work = mix.next();
      Run run = new Run(work, 0, 1, Manifest.of(work, 0, number, timers.now()));
      assertThat(server.create(unique(run)).ok()).isTrue();
      String node = nodes.get(random.nextInt(nodes.size()));
      if (random.nextBoolean()) {
        List<String> fitting = extender.filter(run.manifest(), nodes).nodes();
        node = fitting.isEmpty() ? node : fitting.get(0);
      }
      String error = extender.bind(run, node);
      SimPod pod = Objects.requireNonNull(server.pod(run.namespace(), run.name()));
      if (error.isEmpty()) {
        bound.incrementAndGet();
        assertThat(pod.node()).isEqualTo(node);
        held.add(run);
      } else {
        refused.incrementAndGet();
        assertThat(pod.node()).as(error).isNull();
        server.gone(run.key(), run.uid());
        makeRoom();
      }
    }

    /** Sixteen binders have work of the same names. */
    private ObjectNode unique(Run run) {
      run.manifest().withObject("/metadata").put("name", run.name() + "-of-" + number);
      return run.manifest();
    }

    private void makeRoom() {
      for (int i = 0; i < 2 && !held.isEmpty(); i++) {
        Run oldest = held.remove();
        server.gone(oldest.key(), oldest.uid());
      }
    }

    private void releaseAll() {
      held.forEach(run -> server.gone(run.key(), run.uid()));
    }
  }

  /** Called under the API server's lock, so in the order in which it took the writes. */
  private final class Auditing implements SimApiServer.Watcher {
    @Override
    public void nodeChanged(NodeSpec node) {}

    @Override
    public void nodeRemoved(String name) {}

    @Override
    public void podChanged(SimPod pod) {
      String node = pod.node();
      if (node != null) {
        audit.bound(
            pod.uid(), node, pod.annotations().getOrDefault("kerf.gpu/placement", "nothing"));
      }
    }

    @Override
    public void podEnded(SimPod pod) {
      String node = pod.node();
      if (node != null) {
        audit.gone(pod.uid(), node);
      }
    }
  }
}
