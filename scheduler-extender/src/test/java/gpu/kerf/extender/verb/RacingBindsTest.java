package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.cluster.Binding;
import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.cluster.Eviction;
import gpu.kerf.extender.delivery.EnvDelivery;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.service.WarmUpCluster;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.BindCall;
import gpu.kerf.extender.wire.FilterCall;
import gpu.kerf.extender.wire.NodeList;
import gpu.kerf.extender.wire.PlacementRecord;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.fleet.Grant.SlotGrant;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Many who bind at once on a fleet that is full most of the time, through one loop and an API
 * server that answers from other threads, refuses, and loses answers. Who holds what is checked
 * from the records on the pods alone.
 */
class RacingBindsTest {

  private static final int BINDERS = 16;
  private static final int BINDS = Integer.getInteger("kerf.steps", 100_000) / 5;
  private static final int NODES = 12;
  private static final String[] SIZES = {"8Gi", "10Gi", "20Gi", "33Gi", "40Gi", "75Gi"};
  private static final int H100_SHAREABLE = 81_152;

  private final ExecutorService loop = Executors.newSingleThreadExecutor();
  private final ExecutorService apiThreads = Executors.newFixedThreadPool(4);
  private final ExecutorService binders = Executors.newFixedThreadPool(BINDERS);
  private final ApiServer api = new ApiServer(apiThreads);
  private final Scheduling scheduling = new Scheduling(Dialects.all(), Clocks.system(), loop);
  private final FilterVerb filter = new FilterVerb(scheduling, api);
  private final BindVerb bind = new BindVerb(scheduling, api, new EnvDelivery());
  private final AtomicInteger bound = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();

  @AfterEach
  void stop() {
    List.of(loop, apiThreads, binders).forEach(ExecutorService::shutdownNow);
  }

  @Test
  void noSlotIsGivenTwiceAndNoneIsLost() throws Exception {
    List<String> names = onLoop(this::fillFleet);
    List<Future<?>> running = new ArrayList<>();
    for (int binder = 0; binder < BINDERS; binder++) {
      int number = binder;
      running.add(binders.submit(() -> work(number, names)));
    }
    for (Future<?> one : running) {
      one.get(10, TimeUnit.MINUTES);
    }
    onLoop(() -> true);
    assertThat(bound.get()).isGreaterThan(BINDS / 10);
    assertThat(refused.get()).isGreaterThan(BINDS / 10);
    api.assertNothingIsHeldTwice();
    assertThat(onLoop(this::bindingsOfLedger)).isEqualTo(api.records());
    assertThat(onLoop(bind::inFlight)).isZero();
    onLoop(this::releaseAll);
    assertThat(onLoop(this::freeMiB)).isEqualTo((long) NODES / 2 * 4 * H100_SHAREABLE);
  }

  private List<String> fillFleet() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < NODES; i++) {
      String name = "node-" + i;
      GpuMode mode = i % 2 == 0 ? GpuMode.PLAIN : GpuMode.MIG_DYNAMIC;
      GpuSpec gpu = GpuSpec.of(World.model("H100-80GB"), mode);
      scheduling.nodeChanged(NodeSpec.of(name, Collections.nCopies(4, gpu)));
      names.add(name);
    }
    return names;
  }

  /** Filters and binds pod after pod; now and then one of its pods goes. */
  private Void work(int binder, List<String> names) throws Exception {
    Random random = new Random(binder);
    List<PodView> mine = new ArrayList<>();
    for (int i = 0; i < BINDS / BINDERS; i++) {
      PodView pod = pod("b" + binder + "-" + i, random);
      List<String> fitting =
          onLoop(
              () ->
                  filter
                      .filter(new FilterCall(pod, NodeList.of(scheduling.names(), names)))
                      .chosenNames(scheduling.names()));
      if (!fitting.isEmpty()) {
        String node = fitting.get(random.nextInt(fitting.size()));
        if (attempt(pod, node, random)) {
          mine.add(pod);
        }
      }
      if (fitting.isEmpty() || random.nextInt(4) == 0) {
        leave(mine, random);
      }
    }
    return null;
  }

  private static PodView pod(String uid, Random random) {
    String size = SIZES[random.nextInt(SIZES.length)];
    return random.nextInt(5) == 0
        ? World.askingWhole(uid, 1 + random.nextInt(2))
        : World.asking(uid, size);
  }

  /** Binds until there is a sure answer; sometimes twice at once, as after a client's time-out. */
  private boolean attempt(PodView pod, String node, Random random) throws Exception {
    BindCall call = new BindCall(pod.ref(), node);
    for (int tries = 0; tries < 20; tries++) {
      var first = onLoop(() -> bind.bind(call)).toCompletableFuture();
      if (random.nextInt(4) == 0) {
        var second = onLoop(() -> bind.bind(call)).toCompletableFuture();
        second.get(1, TimeUnit.MINUTES);
      }
      var answer = first.get(1, TimeUnit.MINUTES);
      if (answer.isBound()) {
        bound.incrementAndGet();
        return true;
      }
      if (!answer.error().contains("bind-unsure")) {
        refused.incrementAndGet();
        onLoop(
            () -> {
              api.pods.remove(pod.uid());
              scheduling.podEnded(pod.uid());
              return true;
            });
        return false;
      }
    }
    throw new AssertionError("No sure answer for " + pod.ref());
  }

  private void leave(List<PodView> mine, Random random) throws Exception {
    if (!mine.isEmpty()) {
      PodView pod = mine.remove(random.nextInt(mine.size()));
      onLoop(
          () -> {
            api.pods.remove(pod.uid());
            scheduling.podEnded(pod.uid());
            return true;
          });
    }
  }

  private Map<String, String> bindingsOfLedger() {
    Map<String, String> records = new HashMap<>();
    scheduling
        .ledger()
        .entries()
        .forEach(
            entry -> {
              var node = scheduling.fleet().node(entry.placement().node());
              if (node != null && entry.state() == gpu.kerf.model.fleet.Entry.State.BOUND) {
                records.put(entry.uid(), PlacementRecord.write(entry.placement(), node.spec()));
              }
            });
    return records;
  }

  private boolean releaseAll() {
    List.copyOf(scheduling.ledger().entries()).forEach(e -> scheduling.podEnded(e.uid()));
    return true;
  }

  private long freeMiB() {
    long free = 0;
    for (int i = 0; i < scheduling.fleet().limit(); i++) {
      var node = scheduling.fleet().at(i);
      for (int gpu = 0; node != null && gpu < node.gpus(); gpu++) {
        free += node.isPlain(gpu) ? node.freeMiB(gpu) : 0;
        assertThat(node.occupied(gpu)).isZero();
      }
    }
    return free;
  }

  private <T> T onLoop(Callable<T> work) throws Exception {
    return loop.submit(work).get(5, TimeUnit.MINUTES);
  }

  /** Binds as the real one does: once per pod, also if the answer is lost. */
  private static final class ApiServer extends WarmUpCluster {
    private final ExecutorService threads;
    private final Map<String, PodView> pods = new ConcurrentHashMap<>();
    private final AtomicInteger calls = new AtomicInteger();

    ApiServer(ExecutorService threads) {
      this.threads = threads;
    }

    @Override
    public CompletionStage<BindResult> bind(Binding binding) {
      int number = calls.incrementAndGet();
      return CompletableFuture.supplyAsync(() -> carryOut(binding, number), threads);
    }

    private BindResult carryOut(Binding binding, int number) {
      if (number % 11 == 0) {
        return new BindResult(BindResult.Kind.REFUSED, "a webhook said no");
      }
      if (number % 13 == 0) {
        return new BindResult(BindResult.Kind.UNKNOWN, "lost on the way there");
      }
      PodView pod =
          PodView.of(binding.pod())
              .nodeName(binding.node())
              .annotations(binding.annotations())
              .build();
      if (pods.putIfAbsent(binding.pod().uid(), pod) != null) {
        return new BindResult(BindResult.Kind.CONFLICT, "already assigned");
      }
      return number % 7 == 0
          ? new BindResult(BindResult.Kind.UNKNOWN, "lost on the way back")
          : BindResult.BOUND;
    }

    @Override
    public CompletionStage<Optional<PodView>> read(PodView.Ref ref) {
      PodView unbound = PodView.of(ref).build();
      return CompletableFuture.supplyAsync(
          () -> Optional.of(pods.getOrDefault(ref.uid(), unbound)), threads);
    }

    Map<String, String> records() {
      Map<String, String> records = new HashMap<>();
      pods.forEach((uid, pod) -> records.put(uid, pod.annotation("kerf.gpu/placement")));
      return records;
    }

    /** Adds up what the records say: 8 slices, the shareable memory, one tenant of a whole GPU. */
    void assertNothingIsHeldTwice() throws Exception {
      Map<String, List<SlotGrant>> byGpu = new HashMap<>();
      for (String json : records().values()) {
        PlacementRecord record = PlacementRecord.parse(json);
        record
            .containers()
            .forEach(
                container ->
                    container
                        .slots()
                        .forEach(
                            slot ->
                                byGpu
                                    .computeIfAbsent(
                                        record.node() + "/" + slot.gpu(), key -> new ArrayList<>())
                                    .add(slot)));
      }
      byGpu.forEach(ApiServer::assertFits);
    }

    private static void assertFits(String gpu, List<SlotGrant> slots) {
      int memory = 0;
      int slices = 0;
      for (SlotGrant slot : slots) {
        memory += slot.memoryMiB();
        if (slot.profile() != null) {
          int mask = mask(slot);
          assertThat(slices & mask).as("%s %s", gpu, slots).isZero();
          slices |= mask;
        } else if (slot.smMilli() < 0) {
          assertThat(slots).as(gpu).hasSize(1);
        }
      }
      assertThat(memory).as("%s %s", gpu, slots).isLessThanOrEqualTo(81_559);
    }

    /** Slices by profile of an H100-80GB: 1, 2 for 1g.20gb and 2g, 4 for 3g and 4g, 8 for 7g. */
    private static int mask(SlotGrant slot) {
      String profile = String.valueOf(slot.profile());
      int size =
          switch (profile) {
            case "1g.10gb" -> 1;
            case "1g.20gb", "2g.20gb" -> 2;
            case "3g.40gb", "4g.40gb" -> 4;
            case "7g.80gb" -> 8;
            default -> throw new AssertionError(profile);
          };
      return ((1 << size) - 1) << slot.start();
    }

    @Override
    public CompletionStage<EvictResult> evict(Eviction eviction) {
      throw new AssertionError("This test evicts no pod.");
    }
  }
}
