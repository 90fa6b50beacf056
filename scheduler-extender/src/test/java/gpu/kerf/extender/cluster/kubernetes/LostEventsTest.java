package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.GuardedTask;
import gpu.kerf.extender.cluster.kubernetes.calling.JvmThreads;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.cluster.kubernetes.calling.Threads;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.PodView;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** No service that looks synced and is deaf: what is lost is told again, or the process ends. */
class LostEventsTest {
  private final ExecutorService loop = Executors.newSingleThreadExecutor();
  private final Metrics metrics = new Metrics();
  private final Listener told = new Listener();
  private final Ending threads = new Ending();
  @RegisterExtension private final FakeApiServerExtension fake = new FakeApiServerExtension();

  private final FakeApiServer api = fake.api();
  private ApiServer server;
  private KubernetesCluster cluster;

  /** Throws when it is told of a pod, as long as a test wants it to. */
  private static final class Listener extends RecordingListener {
    private volatile @Nullable Throwable failure;
    private final AtomicInteger times = new AtomicInteger();

    private void fail(Throwable with, int often) {
      failure = with;
      times.set(often);
    }

    private void maybeFail() {
      if (times.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        Listener.<RuntimeException>sneak(failure);
      }
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void sneak(@Nullable Throwable failure) throws E {
      if (failure != null) {
        throw (E) failure;
      }
    }

    @Override
    public void podChanged(PodView pod) {
      maybeFail();
      super.podChanged(pod);
    }

    @Override
    public void podEnded(String uid) {
      maybeFail();
      super.podEnded(uid);
    }
  }

  /** The threads of the JVM, which remembers why it should have ended. */
  private static final class Ending implements Threads {
    private final Threads jvm = new JvmThreads();
    private final List<String> ends = new CopyOnWriteArrayList<>();

    @Override
    public void end(String why, @Nullable Throwable failure) {
      ends.add(why + " " + failure);
    }

    @Override
    public Running start(String name, Runnable work) {
      return jvm.start(name, work);
    }

    @Override
    public void sleep(Duration pause) throws InterruptedException {
      jvm.sleep(pause);
    }

    @Override
    public <T> T await(CompletionStage<T> stage) throws InterruptedException, ExecutionException {
      return jvm.await(stage);
    }

    @Override
    public Pool pool(String name, int most, int mostWaiting) {
      return jvm.pool(name, most, mostWaiting);
    }
  }

  @BeforeEach
  void follow() {
    server = fake.connect(Duration.ofSeconds(2), Duration.ofSeconds(60));
    KubernetesCluster.Options options = TestOptions.with(Duration.ofSeconds(30));
    cluster = new KubernetesCluster(server, options, Clocks.system(), threads, metrics);
    cluster.start(loop, told);
    Await.until("it is synced", cluster::synced);
  }

  @AfterEach
  void stop() throws InterruptedException {
    cluster.close();
    loop.shutdown();
    assertThat(loop.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
  }

  private void awaitLine(String line) {
    Await.until(line + " in " + told.lines, () -> told.lines.contains(line));
  }

  private String lost() {
    return metrics
        .scrape("")
        .text()
        .lines()
        .filter(line -> line.startsWith("kerf_watch_ends_total{resource=\"pods\",cause=\"lost\""))
        .findFirst()
        .orElse("");
  }

  @Test
  void anEventThatTheListenerDidNotTakeInIsToldAgain() {
    told.fail(new IllegalStateException("as the test says"), 1);
    api.put("pods", Manifests.pod("p", "kerf.gpu/memory", "8Gi"));
    awaitLine("pod ml/p on ");
    Await.until("it is synced again", cluster::synced);
    assertThat(lost()).endsWith(" 1.0");
    assertThat(threads.ends).isEmpty();
  }

  @Test
  void theEndOfAPodIsToldAgain() {
    api.put("pods", Manifests.pod("p", "kerf.gpu/memory", "8Gi"));
    awaitLine("pod ml/p on ");
    String uid = api.get("pods", "ml/p").path("metadata").path("uid").asText();
    told.fail(new IllegalStateException("as the test says"), 1);
    api.delete("pods", "ml/p");
    awaitLine("pod gone " + uid);
    Await.until("it is synced again", cluster::synced);
  }

  @Test
  void whileTheListenerFailsNothingIsSynced() {
    told.fail(new StackOverflowError("as the test says"), Integer.MAX_VALUE);
    api.put("pods", Manifests.pod("p", "kerf.gpu/memory", "8Gi"));
    Await.until("it was tried again", () -> lost().endsWith(" 3.0"));
    assertThat(cluster.synced()).isFalse();
    told.fail(new IllegalStateException("not any more"), 0);
    awaitLine("pod ml/p on ");
    Await.until("it is synced again", cluster::synced);
    assertThat(threads.ends).isEmpty();
  }

  @Test
  void anErrorEndsTheProcess() {
    told.fail(new NoClassDefFoundError("as the test says"), 1);
    api.put("pods", Manifests.pod("p", "kerf.gpu/memory", "8Gi"));
    Await.until("the process ends", () -> !threads.ends.isEmpty());
    assertThat(threads.ends.get(0)).contains("NoClassDefFoundError");
  }

  @Test
  void aThreadThatEndsEndsTheProcessUnlessTheServiceStops() {
    new GuardedTask("a", () -> {}, threads, () -> true).run();
    assertThat(threads.ends).isEmpty();
    new GuardedTask("a", () -> {}, threads, () -> false).run();
    Runnable failing =
        () -> {
          throw new OutOfMemoryError("as the test says");
        };
    new GuardedTask("b", failing, threads, () -> false).run();
    assertThat(threads.ends).hasSize(2);
    assertThat(threads.ends.get(1)).contains("The thread b ended", "OutOfMemoryError");
  }

  @Test
  void workBesideTheWatchesEndsTheProcessWithAnErrorAndEndsWithTheCluster() {
    cluster.runForEver(
        "c",
        () -> {
          throw new NoClassDefFoundError("as the test says");
        });
    Await.until("the process ends", () -> threads.ends.size() == 1);
    assertThat(threads.ends.get(0)).contains("The thread c ended", "NoClassDefFoundError");
    CountDownLatch ended = new CountDownLatch(1);
    cluster.runForEver(
        "d",
        () -> {
          try {
            threads.sleep(Duration.ofHours(1));
          } catch (InterruptedException e) {
            ended.countDown();
          }
        });
    cluster.close();
    Await.until("it ends", () -> ended.getCount() == 0);
    assertThat(threads.ends).hasSize(1);
  }

  @Test
  void anErrorOnTheLoopEndsTheProcessAndAnExceptionDoesNot() {
    cluster.loopFailed(new IllegalStateException("as the test says"));
    assertThat(threads.ends).isEmpty();
    cluster.loopFailed(new OutOfMemoryError("as the test says"));
    assertThat(threads.ends).hasSize(1);
    assertThat(threads.ends.get(0)).contains("The event loop failed", "OutOfMemoryError");
  }

  @Test
  void aRequestThatEndsWithAnErrorHasAnEndAndEndsTheProcess() {
    try (RequestPool requests = new RequestPool(server, threads, 1, "test")) {
      var result =
          requests
              .start(
                  unused -> {
                    throw new NoClassDefFoundError("as the test says");
                  })
              .toCompletableFuture();
      Await.until("the request has an end", result::isCompletedExceptionally);
      Await.until("the process ends", () -> !threads.ends.isEmpty());
    }
  }
}
