package gpu.kerf.extender.cluster.kubernetes.reconciling;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.kubernetes.FakeApiServer;
import gpu.kerf.extender.cluster.kubernetes.KubernetesCluster;
import gpu.kerf.extender.cluster.kubernetes.Manifests;
import gpu.kerf.extender.cluster.kubernetes.RecordingListener;
import gpu.kerf.extender.cluster.kubernetes.TestOptions;
import gpu.kerf.extender.cluster.kubernetes.calling.Access;
import gpu.kerf.extender.cluster.kubernetes.calling.AccessException;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pods that were deleted by force while a replica did not listen. */
class MissedDeletionsTest {
  private static final String MAP = "kerf-system/kerf-checkpoint";

  @TempDir Path folder;
  private final ExecutorService loop = Executors.newSingleThreadExecutor();
  private final AtomicLong skipped = new AtomicLong();
  private final List<KubernetesCluster> clusters = new ArrayList<>();
  private final RecordingListener told = new RecordingListener();
  private FakeApiServer api;

  @BeforeEach
  void start() throws IOException {
    api = new FakeApiServer();
    api.put(
        "configmaps",
        "{\"metadata\":{\"namespace\":\"kerf-system\",\"name\":\"kerf-checkpoint\"}}");
    api.put("nodes", Manifests.node("a", Manifests.INVENTORY));
  }

  @AfterEach
  void stop() throws InterruptedException {
    clusters.forEach(KubernetesCluster::close);
    api.close();
    loop.shutdown();
    assertThat(loop.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
  }

  /** A replica that begins now. */
  private KubernetesCluster replica(RecordingListener listener) {
    try {
      ApiServer server =
          new Access(Map.of(), folder)
              .connect(
                  api.kubeconfig(folder).toString(), new Access.Patience(Await.LONG, Await.LONG));
      KubernetesCluster.Options options =
          TestOptions.with(Duration.ofSeconds(30), Duration.ofMinutes(1));
      Clocks clocks = new Clocks(Instant::now, () -> System.nanoTime() + skipped.get());
      KubernetesCluster cluster = new KubernetesCluster(server, options, clocks, new Metrics());
      clusters.add(cluster);
      cluster.start(loop, listener);
      Await.until("it is synced", cluster::synced);
      return cluster;
    } catch (AccessException e) {
      throw new AssertionError(e);
    }
  }

  private String bound(String name) {
    return api.put("pods", Manifests.foreign(name, "a", "nvidia.com/gpu"))
        .at("/metadata/uid")
        .asText();
  }

  private long mark() {
    return api.get("configmaps", MAP).at("/data/podVersion").asLong(-1);
  }

  private long version(String pod) {
    return api.get("pods", "other/" + pod).at("/metadata/resourceVersion").asLong();
  }

  private void awaitMark(long version) {
    Await.until("the checkpoint has " + version, () -> mark() >= version);
  }

  @Test
  void aReplicaThatStartsQuarantinesWhatWasDeletedByForceWhileNoneRan() {
    KubernetesCluster before = replica(new RecordingListener());
    String uid = bound("old");
    skipped.addAndGet(MissedDeletions.EVERY.toNanos());
    awaitMark(version("old") - 1);
    before.close();
    api.delete("pods", "other/old");

    KubernetesCluster after = replica(told);

    assertThat(told.lines).containsSubsequence("pod other/old on a", "quarantined " + uid);
    assertThat(after.waiting()).isZero();
  }

  @Test
  void theCheckpointStaysBeforeTheOldestDeletionThatIsStillQuarantined() {
    replica(new RecordingListener());
    bound("old");
    api.delete("pods", "other/old");
    bound("later");
    long later = version("later");
    skipped.addAndGet(MissedDeletions.EVERY.toNanos());
    awaitMark(1);
    assertThat(mark()).isLessThan(later - 1);
    // 30 s of grace and a margin of a minute.
    skipped.addAndGet(TimeUnit.SECONDS.toNanos(91));
    tickUntil(() -> mark() >= later - 1);
  }

  private void tickUntil(BooleanSupplier condition) {
    Await.until(
        "the quarantine is over",
        () -> {
          loop.execute(() -> clusters.forEach(KubernetesCluster::tick));
          skipped.addAndGet(TimeUnit.SECONDS.toNanos(1));
          return condition.getAsBoolean();
        });
  }

  @Test
  void whatTheApiServerHasForgottenIsWaitedOut() {
    KubernetesCluster before = replica(new RecordingListener());
    bound("old");
    skipped.addAndGet(MissedDeletions.EVERY.toNanos());
    awaitMark(version("old") - 1);
    before.close();
    api.delete("pods", "other/old");
    api.compact();

    KubernetesCluster after = replica(told);

    // 30 s of grace and a margin of a minute.
    assertThat(after.waiting()).isBetween(Duration.ofSeconds(80), Duration.ofSeconds(90));
    skipped.addAndGet(TimeUnit.SECONDS.toNanos(90));
    assertThat(after.waiting()).isZero();
  }

  /** The webhook, which would have refused it, is not asked about pods of other schedulers. */
  @Test
  void anEndlessGracePeriodIsNotWaitedFor() {
    KubernetesCluster before = replica(new RecordingListener());
    String pod = Manifests.foreign("old", "a", "nvidia.com/gpu");
    api.put(
        "pods",
        pod.replace("\"spec\":{", "\"spec\":{\"terminationGracePeriodSeconds\":999999999,"));
    skipped.addAndGet(MissedDeletions.EVERY.toNanos());
    awaitMark(version("old") - 1);
    before.close();
    api.compact();
    bound("later");
    api.compact();

    // 10 minutes of grace at most, and a margin of one.
    assertThat(replica(told).waiting()).isBetween(Duration.ofMinutes(10), Duration.ofMinutes(11));
  }

  @Test
  void theWaitEndsWhenAnotherReplicaHasHeardEverything() {
    replica(new RecordingListener());
    bound("old");
    skipped.addAndGet(MissedDeletions.EVERY.toNanos());
    awaitMark(version("old") - 1);
    api.compact();
    bound("later");
    api.compact();
    KubernetesCluster second = replica(told);
    assertThat(second.waiting()).isPositive();

    bound("last");
    bound("very-last");
    skipped.addAndGet(MissedDeletions.EVERY.toNanos());

    Await.until("it need not wait", () -> second.waiting().isZero());
  }

  @Test
  void whereThereIsNoCheckpointThereIsNothingToHearAgain() {
    bound("old");
    api.delete("pods", "other/old");

    KubernetesCluster first = replica(told);

    assertThat(first.waiting()).isZero();
    assertThat(told.lines).noneMatch(line -> line.startsWith("quarantined"));
  }

  @Test
  void aReplicaWhoseWatchWasForgottenHearsWhatItMissedOrWaits() {
    KubernetesCluster only = replica(told);
    String uid = bound("old");
    Await.until("it is told", () -> told.lines.contains("pod other/old on a"));
    api.cutWatches();
    api.delete("pods", "other/old");
    api.compact();

    Await.until("it is held", () -> told.lines.contains("quarantined " + uid));
    Await.until("it waits", () -> !only.waiting().isZero());
  }
}
