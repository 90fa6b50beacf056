package gpu.kerf.extender.cluster.kubernetes.writing;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.ClaimResult;
import gpu.kerf.extender.cluster.DeviceClaim;
import gpu.kerf.extender.cluster.DeviceClaim.Device;
import gpu.kerf.extender.cluster.DeviceClaim.Mapping;
import gpu.kerf.extender.cluster.DeviceClaim.Request;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.cluster.kubernetes.calling.TwoAtATime;
import gpu.kerf.extender.cluster.kubernetes.reconciling.ClaimSweeper;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.cluster.kubernetes.watching.Sink;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.PodView;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What becomes of claims that no pod uses. */
class ClaimSweeperTest {
  private static final PodView.Ref POD = new PodView.Ref("ml", "p", "u");
  private static final Meta CLAIM = new Meta("ml", "kerf-u", "c", "1");
  private static final Meta OTHER = new Meta("ml", "theirs", "d", "1");
  private static final long AGE = ClaimSweeper.AGE.toMillis();

  private final SmallClaimServer server = new SmallClaimServer();
  private final List<String> told = new ArrayList<>();
  private final Set<String> running = new HashSet<>();
  private long millis = 1_000;
  private boolean theOne = true;
  private boolean covered = true;
  private String overlapping = "";
  private final Metrics metrics = new Metrics();
  private final Clocks clocks =
      new Clocks(() -> Instant.EPOCH.plusMillis(millis), () -> millis * 1_000_000);
  private final RequestPool requests = new RequestPool(server, new DirectThreads(), 1, "test");
  private final ClaimWriter writer =
      new ClaimWriter(
          new DeviceClasses(() -> millis * 1_000_000), metrics, () -> "id", TwoAtATime.IN_TURN);
  private final ClaimQueue queue =
      new ClaimQueue(
          requests, Runnable::run, writer, metrics, () -> millis, Granted::new, one -> overlapping);
  private final ClaimSweeper<String> sweeper =
      new ClaimSweeper<>(
          new Heard(),
          queue,
          () -> CompletableFuture.completedStage(theOne),
          running::contains,
          new ClaimSweeper.Reporting(new Events(requests, metrics, clocks, "test"), metrics),
          () -> millis,
          Runnable::run);

  /** The lease, as the test says. */
  private final class Granted implements ClaimQueue.Lease {
    @Override
    public long begun() {
      return 1;
    }

    @Override
    public boolean covers(long term) {
      return covered;
    }

    @Override
    public void ended(boolean answered) {}
  }

  /** The sink that is told next. */
  private final class Heard implements Sink<String> {
    @Override
    public String read(Meta meta, JsonSlice json) {
      return meta.name();
    }

    @Override
    public void put(Meta meta, String object) {
      told.add("put " + object);
    }

    @Override
    public void unreadable(Meta meta, String problem) {}

    @Override
    public void deleted(Meta meta) {
      told.add("deleted " + meta.name());
    }
  }

  private static DeviceClaim claim() {
    return new DeviceClaim(
        POD,
        "n0",
        List.of(
            new Request(
                "container-0-request-0",
                "mig.nvidia.com",
                List.of(new Device("gpu.nvidia.com", "n0", "a", 0)))),
        List.of(new Mapping("main", "kerf.gpu/memory", "container-0-request-0")));
  }

  /** A replica that was killed has written a claim. */
  private void left() {
    assertThat(writer.write(server, claim(), () -> true)).isEqualTo(ClaimResult.WRITTEN);
  }

  private void hear(Meta meta) throws Exception {
    byte[] json =
        (meta.equals(CLAIM) ? String.valueOf(server.claim) : "{}").getBytes(StandardCharsets.UTF_8);
    sweeper.put(meta, sweeper.read(meta, new JsonSlice(json, 0, json.length)));
  }

  private void pass(long time) {
    millis += time;
    sweeper.tick();
  }

  private boolean isThere() {
    return server.claim != null;
  }

  @Test
  void whatIsLeftOverIsReleasedOnceItIsOldAndReported() throws Exception {
    left();
    hear(CLAIM);
    hear(OTHER);
    pass(AGE - 1);
    assertThat(isThere()).as("it may still be bound").isTrue();
    pass(1);
    assertThat(isThere()).isFalse();
    assertThat(server.pod.at("/status/extendedResourceClaimStatus").isMissingNode()).isTrue();
    assertThat(metrics.scrape("").text()).contains("kerf_claims_swept_total{cause=\"done\",} 1.0");
    assertThat(server.sent).anyMatch(each -> each.endsWith("/events"));
    assertThat(told).containsExactly("put kerf-u", "put theirs");
  }

  @Test
  void aClaimWhosePodIsBoundGoesWithThePod() throws Exception {
    left();
    hear(CLAIM);
    sweeper.podBound("u");
    hear(CLAIM);
    pass(10 * AGE);
    assertThat(isThere()).isTrue();
    assertThat(sweeper.hasClaim("u")).isFalse();
  }

  /** Any pod of the namespace can name the claim, and kube-scheduler lets it use the devices. */
  @Test
  void whatAnotherPodUsesIsNotReleased() throws Exception {
    left();
    hear(CLAIM);
    server.claimUsedBy("q");
    pass(AGE);
    assertThat(String.valueOf(server.claim)).as("it is not known yet").contains("allocation");
    hear(CLAIM);
    server.sent.clear();
    pass(AGE);
    assertThat(server.sent).isEmpty();
    assertThat(sweeper.hasClaim("u")).as("a pod that names it gives it up first").isTrue();
  }

  @Test
  void aPodThatIsFoundToBeBoundKeepsItsClaim() throws Exception {
    left();
    hear(CLAIM);
    server.pod.withObject("/spec").put("nodeName", "n0");
    pass(AGE);
    assertThat(isThere()).isTrue();
    assertThat(sweeper.hasClaim("u")).as("it is not looked at again").isFalse();
  }

  @Test
  void aClaimThatIsBeingWrittenIsLeftToTheBinding() throws Exception {
    queue.claim(claim());
    hear(CLAIM);
    pass(AGE - 1);
    queue.claim(claim());
    pass(1);
    assertThat(isThere()).isTrue();
    pass(AGE);
    assertThat(isThere()).as("the second attempt has ended long ago, too").isFalse();
  }

  @Test
  void aClaimOfAPodThatMayStillRunIsHeld() throws Exception {
    left();
    hear(CLAIM);
    running.add("u");
    pass(10 * AGE);
    assertThat(isThere()).isTrue();
    running.clear();
    pass(AGE);
    assertThat(isThere()).isFalse();
  }

  @Test
  void onlyTheReplicaThatMayBindSweeps() throws Exception {
    left();
    hear(CLAIM);
    theOne = false;
    pass(AGE);
    assertThat(isThere()).isTrue();
    theOne = true;
    covered = false;
    pass(AGE);
    assertThat(isThere()).as("it lost the lease meanwhile").isTrue();
    covered = true;
    pass(AGE);
    assertThat(isThere()).isFalse();
  }

  @Test
  void kerfStepsBackFromAClaimThatHasAPartOfItsDevice() throws Exception {
    overlapping = "ml/theirs";
    ClaimResult result = queue.claim(claim()).toCompletableFuture().get();
    assertThat(result).isEqualTo(new ClaimResult(ClaimResult.Kind.OVERLAPS, "ml/theirs"));
    assertThat(isThere()).isFalse();
    assertThat(metrics.scrape("").text()).contains("kerf_claims_total{outcome=\"overlaps\",} 1.0");
    assertThat(queue.mayHaveClaim("u")).isFalse();
  }
}
