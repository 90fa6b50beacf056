package gpu.kerf.extender.cluster.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.kubernetes.calling.JvmThreads;
import gpu.kerf.extender.cluster.kubernetes.calling.Resource;
import gpu.kerf.extender.cluster.kubernetes.watching.ResourceWatch;
import gpu.kerf.extender.cluster.kubernetes.watching.WatchNews;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.team.TeamSource;
import gpu.kerf.extender.team.TeamSpec;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.PodView;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class TeamFollowerTest {
  private final ScheduledExecutorService loop = Executors.newSingleThreadScheduledExecutor();
  private final List<AcceptedTeams> told = new CopyOnWriteArrayList<>();
  private final AtomicInteger failures = new AtomicInteger();
  private final JvmThreads threads = new JvmThreads();
  @RegisterExtension private final FakeApiServerExtension fake = new FakeApiServerExtension();
  private final FakeApiServer api = fake.api();
  private @Nullable TeamFollower follower;

  /** Whether the teams were said to be known when they were told. */
  private final List<Boolean> knownBefore = new CopyOnWriteArrayList<>();

  private void follow(TeamSource source) {
    ResourceWatch.Shared shared =
        new ResourceWatch.Shared(
            fake.connect(), threads, loop, new Silent(), Duration.ofSeconds(1), System::nanoTime);
    TeamFollower started =
        new TeamFollower(
            source,
            shared,
            watch -> threads.start("watch", watch),
            (accepted, readings) -> {
              if (failures.getAndDecrement() > 0) {
                throw new IllegalStateException("The listener fails.");
              }
              knownBefore.add(Objects.requireNonNull(follower).isKnown());
              told.add(accepted);
            },
            Duration.ofMillis(20));
    follower = started;
    threads.start("look", started);
    var unused = loop.scheduleWithFixedDelay(started::tick, 5, 5, TimeUnit.MILLISECONDS);
  }

  private List<ResourceWatch<?>> watches() {
    return Objects.requireNonNull(follower).watches();
  }

  @AfterEach
  void stop() throws InterruptedException {
    if (follower != null) {
      follower.stop();
    }
    loop.shutdown();
    assertThat(loop.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
  }

  /** No news of watches is of interest. */
  private static final class Silent implements WatchNews {
    @Override
    public void ended(Resource resource, Cause cause) {}

    @Override
    public void listed(Resource resource, int objects, long millis) {}

    @Override
    public void event(Resource resource) {}

    @Override
    public void unreadable(Resource resource) {}
  }

  private void team(String name, String spec) {
    api.put(
        "teams",
        "{\"apiVersion\":\"kerf.gpu/v1alpha1\",\"kind\":\"Team\",\"metadata\":{\"name\":\"%s\"},\"spec\":{%s}}"
            .formatted(name, spec));
  }

  private void namespace(String name, String label) {
    api.put(
        "namespaces",
        "{\"metadata\":{\"name\":\"%s\",\"labels\":{\"team\":\"%s\"}}}".formatted(name, label));
  }

  private AcceptedTeams last() {
    return told.isEmpty() ? AcceptedTeams.NONE : told.get(told.size() - 1);
  }

  private TeamSpec form(String team) {
    return Objects.requireNonNull(last().inForce().get(team));
  }

  private long requests(String begin) {
    return api.requests().stream().filter(each -> each.startsWith(begin)).count();
  }

  private void awaitTeams(String... names) {
    Await.until("teams are told", () -> last().inForce().keySet().equals(Set.of(names)));
  }

  @Test
  void aClusterWithoutTheKindIsAskedForItAndForNothingElse() {
    follow(TeamSource.KERF);
    Await.until("it has looked", () -> requests("GET /apis/kerf.gpu/v1alpha1") >= 3);
    assertThat(api.requests()).allMatch("GET /apis/kerf.gpu/v1alpha1"::equals);
    assertThat(told).isEmpty();
    Await.until("it is known that there are none", Objects.requireNonNull(follower)::isKnown);
  }

  @Test
  void teamsAreNotKnownBeforeTheyAreTold() {
    api.serve("teams");
    team("fraud", "\"namespaces\":{\"names\":[\"shop\"]}");
    follow(TeamSource.KERF);
    awaitTeams("fraud");
    assertThat(knownBefore.get(0)).isFalse();
    Await.until("they are known", Objects.requireNonNull(follower)::isKnown);
  }

  @Test
  void aClusterWithoutATeamUsesNoRightButToSeeThatThereIsNone() {
    api.serve("teams");
    namespace("shop", "fraud");
    KubernetesCluster cluster =
        new KubernetesCluster(
            fake.connect(),
            TestOptions.with(Duration.ofSeconds(1)),
            Clocks.system(),
            new Metrics());
    RecordingListener listener = new RecordingListener();
    cluster.start(loop, listener);
    var unused = loop.scheduleWithFixedDelay(cluster::tick, 5, 5, TimeUnit.MILLISECONDS);
    Await.until("it is synced", cluster::synced);
    Await.until(
        "teams are watched", () -> requests("GET /apis/kerf.gpu/v1alpha1/teams?watch") >= 2);
    cluster.close();
    assertThat(requests("GET /api/v1/namespaces?")).isZero();
    assertThat(api.requests())
        .noneMatch(each -> each.startsWith("PATCH") && each.matches(".*/(pods|teams)/.*"));
    assertThat(listener.lines).isEmpty();
  }

  @Test
  void aKindThatComesLaterIsFollowed() {
    follow(TeamSource.KERF);
    Await.until("it has looked", () -> requests("GET /apis/kerf.gpu/v1alpha1") >= 3);
    namespace("shop", "fraud");
    team("fraud", "\"namespaces\":{\"selector\":{\"matchLabels\":{\"team\":\"fraud\"}}}");
    api.serve("teams");
    awaitTeams("fraud");
    assertThat(told.get(0).owners()).isEqualTo(Map.of("shop", "fraud"));
    namespace("other", "fraud");
    Await.until("the new namespace", () -> last().owners().size() == 2);
    api.delete("namespaces", "shop");
    Await.until("one is gone", () -> last().owners().equals(Map.of("other", "fraud")));
  }

  @Test
  void whatWasListedTogetherIsToldTogether() {
    api.serve("teams");
    for (int i = 0; i < 1_200; i++) {
      team("t" + i, "\"guarantee\":\"1\"");
    }
    follow(TeamSource.KERF);
    Await.until("teams are told", () -> !told.isEmpty());
    assertThat(told.get(0).inForce()).hasSize(1_200);
  }

  @Test
  void theLastTeamIsToldAndNamespacesAreNotWatchedAnyMore() {
    api.serve("teams");
    team("a", "\"guarantee\":\"1\"");
    follow(TeamSource.KERF);
    awaitTeams("a");
    assertThat(watches()).hasSize(2);
    api.delete("teams", "a");
    awaitTeams();
    assertThat(last()).isSameAs(AcceptedTeams.NONE);
    assertThat(watches()).hasSize(1);
    team("b", "\"guarantee\":\"1\"");
    awaitTeams("b");
  }

  @Test
  void aStatusThatChangesIsNoNews() {
    api.serve("teams");
    team("a", "\"guarantee\":\"1\"");
    follow(TeamSource.KERF);
    awaitTeams("a");
    team("a", "\"guarantee\":\"1\"},\"status\":{\"held\":\"1.000\"");
    team("b", "\"guarantee\":\"1\"");
    awaitTeams("a", "b");
    assertThat(told).hasSize(2);
  }

  @Test
  void whatHappensWhileTheWatchIsCutAndForgottenIsFoundByAList() {
    api.serve("teams");
    team("a", "\"guarantee\":\"1\"");
    team("b", "\"guarantee\":\"1\"");
    follow(TeamSource.KERF);
    awaitTeams("a", "b");
    api.delay(true);
    api.delete("teams", "a");
    api.compact();
    api.cutWatches();
    api.delay(false);
    awaitTeams("b");
  }

  @Test
  void aKindThatVanishesWithoutAWordTakesItsTeamsAlong() {
    api.serve("teams");
    team("a", "\"guarantee\":\"1\"");
    follow(TeamSource.KERF);
    awaitTeams("a");
    api.forgetKind("teams");
    awaitTeams();
    team("b", "\"guarantee\":\"1\"");
    api.serve("teams");
    awaitTeams("b");
  }

  @Test
  void withoutTheRightToSeeTeamsThereAreNone() {
    api.serve("teams");
    api.forbid("teams");
    team("a", "\"guarantee\":\"1\"");
    follow(TeamSource.KERF);
    Await.until("it was refused", () -> requests("GET /apis/kerf.gpu/v1alpha1/teams?limit") >= 1);
    Await.until("it knows", () -> watches().get(0).isAbsent());
    assertThat(told).isEmpty();
  }

  @Test
  void withoutTheRightToSeeNamespacesThoseThatAreNamedCount() {
    api.serve("teams");
    api.forbid("namespaces");
    team("a", "\"namespaces\":{\"names\":[\"x\"]}");
    follow(TeamSource.KERF);
    awaitTeams("a");
    assertThat(last().owners()).isEqualTo(Map.of("x", "a"));
  }

  @Test
  void whatTheListenerDoesNotTakeInIsToldAgain() {
    api.serve("teams");
    team("a", "\"guarantee\":\"1\"");
    failures.set(2);
    follow(TeamSource.KERF);
    awaitTeams("a");
    CompletableFuture.runAsync(() -> {}, loop).join();
    assertThat(told).hasSize(1);
  }

  @Test
  void queuesOfKaiAreTeamsAndPodsNameThemByLabel() {
    api.serve("queues");
    api.put(
        "queues",
        "{\"metadata\":{\"name\":\"bank\"},\"spec\":{\"resources\":{\"gpu\":{\"quota\":-1,\"limit\":-1}}}}");
    api.put(
        "queues",
        "{\"metadata\":{\"name\":\"fraud\"},\"spec\":{\"parentQueue\":\"bank\",\"priority\":7,"
            + "\"resources\":{\"gpu\":{\"quota\":2.5,\"limit\":8,\"overQuotaWeight\":3}}}}");
    follow(TeamSource.KAI);
    awaitTeams("bank", "fraud");
    assertThat(form("fraud").team().toString())
        .contains("guarantee=2.500", "limit=8.000", "weight=3.000", "priority=7", "parent=bank");
    assertThat(form("bank").team().limit()).isNull();
    assertThat(last().teamOf(labelled("fraud"))).isEqualTo("fraud");
    assertThat(last().teamOf(labelled("bank"))).as("it has children").isNull();
    assertThat(last().teamOf(labelled("unknown"))).isNull();
    assertThat(requests("GET /api/v1/namespaces?")).isZero();
    assertThat(requests("GET /apis/kerf.gpu")).isZero();
  }

  private static PodView labelled(String queue) {
    return PodView.of(new PodView.Ref("x", "p", "1")).label("kai.scheduler/queue", queue).build();
  }
}
