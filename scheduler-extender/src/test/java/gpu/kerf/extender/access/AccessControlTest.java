package gpu.kerf.extender.access;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.access.AccessVerdict.Kind;
import gpu.kerf.extender.team.TeamSource;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessControlTest {
  private final RecordedReviews reviews = RecordedReviews.ofThreeUsers();
  private final Names names = new Names();
  private long millis = 1_000_000;
  private AccessControl control = control(TeamSource.KERF, Duration.ofSeconds(30));

  private static final class Names implements VisibleNames {
    private final Set<String> namespaces = new HashSet<>(Set.of("research", "fraud"));
    private final Set<String> teams = new HashSet<>(Set.of("bank", "research", "fraud"));

    @Override
    public Set<String> namespaces() {
      return namespaces;
    }

    @Override
    public Set<String> teams() {
      return teams;
    }
  }

  private AccessControl control(TeamSource source, Duration patience) {
    return new AccessControl(reviews, source, names, patience, () -> millis, Runnable::run);
  }

  private static AccessVerdict of(CompletionStage<AccessVerdict> stage) {
    try {
      return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  private AccessVerdict viewer(String token) {
    return of(control.viewer("Bearer " + token));
  }

  private AccessVerdict metrics(String token) {
    return of(control.metrics("Bearer " + token));
  }

  @Test
  void anAdministratorSeesAllAfterTwoReviews() {
    assertThat(viewer("admin").viewer()).isEqualTo(Viewer.ALL);
    assertThat(reviews.asked()).containsExactly("token admin", "admin: pods in", "admin: teams");
  }

  @Test
  void aUserSeesHisTeamAndHisNamespaceAndNoOther() {
    AccessVerdict rita = viewer("rita");
    assertThat(rita.kind()).isEqualTo(Kind.ALLOWED);
    assertThat(rita.viewer())
        .isEqualTo(new Viewer(false, false, Set.of("research"), Set.of("research")));
    assertThat(viewer("frank").viewer())
        .isEqualTo(new Viewer(false, false, Set.of("fraud"), Set.of("fraud")));
  }

  @Test
  void oneWhoMayGetPodsEverywhereSeesOnlyHisTeams() {
    reviews.knows("rita", "pods in");
    assertThat(viewer("rita").viewer())
        .isEqualTo(new Viewer(true, false, Set.of(), Set.of("research")));
  }

  @Test
  void aUserWithoutAnyRightIsRefusedByName() {
    reviews.knows("mallory");
    AccessVerdict verdict = viewer("mallory");
    assertThat(verdict.kind()).isEqualTo(Kind.FORBIDDEN);
    assertThat(verdict.text()).contains("mallory").doesNotContain("research", "fraud");
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", "Bearer", "Bearer ", "Basic YWRtaW46YWRtaW4=", "admin"})
  void aRequestWithoutABearerTokenIsNotAsked(String header) {
    assertThat(of(control.viewer(header)).kind()).isEqualTo(Kind.NO_TOKEN);
    assertThat(reviews.asked()).isEmpty();
  }

  @Test
  void anUnknownTokenIsRefusedAndNotAskedAboutAgainAtOnce() {
    assertThat(viewer("nonsense").kind()).isEqualTo(Kind.INVALID_TOKEN);
    assertThat(viewer("nonsense").kind()).isEqualTo(Kind.INVALID_TOKEN);
    assertThat(reviews.asked()).containsExactly("token nonsense");
  }

  @Test
  void theWordBearerMayBeWrittenInAnyCase() {
    assertThat(of(control.viewer("bEaReR admin")).kind()).isEqualTo(Kind.ALLOWED);
  }

  @Test
  void answersAreKeptForAShortTimeOnly() {
    viewer("rita");
    int first = reviews.asked().size();
    millis += AccessControl.KEPT_MILLIS - 1;
    viewer("rita");
    assertThat(reviews.asked()).hasSize(first);
    reviews.mayNoMore("rita", "pods in research");
    millis += 1;
    assertThat(viewer("rita").viewer().namespaces()).isEmpty();
    assertThat(reviews.asked()).hasSize(2 * first);
    assertThat(AccessControl.KEPT_MILLIS).isLessThanOrEqualTo(30_000);
  }

  /** However often it is used: a user who looks every second must lose a right as well. */
  @Test
  void useDoesNotKeepAnAnswerAlive() {
    viewer("rita");
    reviews.mayNoMore("rita", "teams research");
    for (int second = 0; second < 20; second++) {
      millis += 1_000;
      viewer("rita");
    }
    assertThat(viewer("rita").viewer().teams()).isEmpty();
  }

  @Test
  void aNamespaceThatAppearsIsReviewedWhenItIsThere() {
    reviews.knows("rita", "pods in notebooks");
    assertThat(viewer("rita").viewer().namespaces()).containsExactly("research");
    names.namespaces.add("notebooks");
    assertThat(viewer("rita").viewer().namespaces())
        .containsExactlyInAnyOrder("research", "notebooks");
    assertThat(reviews.asked())
        .filteredOn(each -> each.equals("rita: pods in research"))
        .hasSize(1);
  }

  @Test
  void withoutAnAnswerNothingIsShownAndTheNextRequestAsksAgain() {
    reviews.fail(new IOException("connection refused"));
    AccessVerdict verdict = viewer("admin");
    assertThat(verdict.kind()).isEqualTo(Kind.NOT_REVIEWED);
    assertThat(verdict.viewer().seesNothing()).isTrue();
    assertThat(verdict.text()).isEqualTo("connection refused");
    reviews.fail(null);
    assertThat(viewer("admin").kind()).isEqualTo(Kind.ALLOWED);
  }

  @Test
  void ifOneOfManyReviewsFailsNothingIsShown() {
    CompletableFuture<Boolean> fraud = reviews.hold("rita: pods in fraud");
    var verdict = control.viewer("Bearer rita");
    assertThat(verdict.toCompletableFuture()).isNotDone();
    fraud.completeExceptionally(new IOException("gone"));
    assertThat(of(verdict).kind()).isEqualTo(Kind.NOT_REVIEWED);
  }

  @Test
  void aReviewThatHangsIsGivenUp() {
    control = control(TeamSource.KERF, Duration.ofMillis(20));
    CompletableFuture<Boolean> unused = reviews.hold("admin: pods in");
    AccessVerdict verdict = viewer("admin");
    assertThat(verdict.kind()).isEqualTo(Kind.NOT_REVIEWED);
    assertThat(verdict.text()).contains("in time");
  }

  @Test
  void metricsAreForAdministratorsAndForThoseWhoMayGetThatPath() {
    reviews.knows("prometheus", "/metrics");
    reviews.knows("root", "pods in", "teams");
    assertThat(metrics("admin").kind()).isEqualTo(Kind.ALLOWED);
    assertThat(metrics("prometheus").kind()).isEqualTo(Kind.ALLOWED);
    assertThat(metrics("root").kind()).isEqualTo(Kind.ALLOWED);
    assertThat(metrics("rita").kind()).isEqualTo(Kind.FORBIDDEN);
    assertThat(viewer("prometheus").kind()).isEqualTo(Kind.FORBIDDEN);
  }

  @Test
  void queuesOfKaiAreAskedAboutWhereTheyAreTheTeams() {
    control = control(TeamSource.KAI, Duration.ofSeconds(30));
    reviews.knows("kai", "queues research");
    assertThat(viewer("kai").viewer().teams()).containsExactly("research");
  }

  @Test
  void onlyTheNewestAreKept() {
    ReviewCache<String, String> cache = new ReviewCache<>(3, 1_000, () -> millis);
    List<String> made = new ArrayList<>();
    for (String key : List.of("a", "b", "c", "d", "b", "c", "d", "a", "c", "b")) {
      String unused =
          cache.get(
              key,
              value -> true,
              each -> {
                made.add(each);
                return each;
              });
    }
    // d pushes a out, and a pushes b out.
    assertThat(made).containsExactly("a", "b", "c", "d", "a", "b");
  }
}
