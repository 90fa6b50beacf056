package gpu.kerf.extender.access;

import gpu.kerf.extender.team.TeamSource;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what the bearer of a token may see.
 *
 * <p>An administrator may get the pods of all namespaces and all teams: two reviews. For every
 * other user one review is made for each namespace and each team that answers may name. Answers of
 * the API server are kept for {@link #KEPT_MILLIS}, those that failed are not.
 *
 * <p>Used on the thread that owns the scheduling, on which its stages complete too. Nothing blocks.
 */
public final class AccessControl {

  /** A right that is taken away is gone after this time. */
  static final long KEPT_MILLIS = 20_000;

  private static final int MOST_TOKENS = 1_024;
  private static final int MOST_USERS = 128;
  private static final String BEARER = "bearer ";
  private static final String METRICS = "/metrics";

  private final AccessReviews reviews;
  private final TeamSource source;
  private final VisibleNames names;
  private final Duration patience;
  private final Executor loop;
  private final ReviewCache<String, CompletableFuture<Optional<UserInfo>>> tokens;
  private final ReviewCache<UserInfo, Answers> users;

  /** What is known of a user's rights. */
  private record Answers(Map<AccessQuestion, CompletableFuture<Boolean>> known) {}

  /**
   * @param patience how long a client waits for a verdict
   * @param elapsedMillis a clock that only goes forward
   */
  public AccessControl(
      AccessReviews reviews,
      TeamSource source,
      VisibleNames names,
      Duration patience,
      LongSupplier elapsedMillis,
      Executor loop) {
    this.reviews = reviews;
    this.source = source;
    this.names = names;
    this.patience = patience;
    this.loop = loop;
    this.tokens = new ReviewCache<>(MOST_TOKENS, KEPT_MILLIS, elapsedMillis);
    this.users = new ReviewCache<>(MOST_USERS, KEPT_MILLIS, elapsedMillis);
  }

  /**
   * What the client may see.
   *
   * @param authorization the header of the request
   */
  public CompletionStage<AccessVerdict> viewer(@Nullable String authorization) {
    return verdict(authorization, this::viewerOf);
  }

  /** Whether the client sees all, for what tells of all teams at once. */
  public CompletionStage<AccessVerdict> administrator(@Nullable String authorization) {
    return verdict(authorization, user -> onlyAdministrator(user, "this, which is of all teams"));
  }

  /** Whether the client may read the metrics, which name all namespaces, nodes and teams. */
  public CompletionStage<AccessVerdict> metrics(@Nullable String authorization) {
    return verdict(authorization, this::readerOfMetrics);
  }

  private CompletionStage<AccessVerdict> verdict(
      @Nullable String authorization, Function<UserInfo, CompletableFuture<AccessVerdict>> judge) {
    String token = token(authorization);
    if (token.isEmpty()) {
      return CompletableFuture.completedFuture(
          AccessVerdict.refused(AccessVerdict.Kind.NO_TOKEN, "The request has no bearer token."));
    }
    return user(token)
        .thenComposeAsync(user -> user.map(judge).orElseGet(AccessControl::unknownToken), loop)
        .orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS)
        .handleAsync(AccessControl::orNotReviewed, loop);
  }

  private static AccessVerdict orNotReviewed(
      @Nullable AccessVerdict verdict, @Nullable Throwable failure) {
    return verdict != null
        ? verdict
        : AccessVerdict.refused(AccessVerdict.Kind.NOT_REVIEWED, why(failure));
  }

  private static String why(@Nullable Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return cause instanceof TimeoutException
        ? "it did not answer in time"
        : String.valueOf(cause == null ? "" : cause.getMessage());
  }

  private static CompletableFuture<AccessVerdict> unknownToken() {
    return CompletableFuture.completedFuture(
        AccessVerdict.refused(
            AccessVerdict.Kind.INVALID_TOKEN,
            "The API server does not accept the bearer token; it may have expired."));
  }

  private static String token(@Nullable String authorization) {
    if (authorization == null || !authorization.toLowerCase(Locale.ROOT).startsWith(BEARER)) {
      return "";
    }
    return authorization.substring(BEARER.length()).strip();
  }

  private CompletableFuture<Optional<UserInfo>> user(String token) {
    return tokens.get(
        digest(token),
        known -> !known.isCompletedExceptionally(),
        key -> reviews.user(token).toCompletableFuture());
  }

  /** Tokens are not kept. */
  private static String digest(String token) {
    try {
      MessageDigest hash = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(hash.digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private CompletableFuture<Boolean> may(UserInfo user, AccessQuestion question) {
    Answers answers = users.get(user, known -> true, key -> new Answers(new HashMap<>()));
    CompletableFuture<Boolean> known = answers.known.get(question);
    if (known == null || known.isCompletedExceptionally()) {
      known = reviews.may(user, question).toCompletableFuture();
      answers.known.put(question, known);
    }
    return known;
  }

  private CompletableFuture<AccessVerdict> readerOfMetrics(UserInfo user) {
    return may(user, AccessQuestion.path(METRICS))
        .thenComposeAsync(
            allowed ->
                allowed
                    ? CompletableFuture.completedFuture(AccessVerdict.allowed(user, Viewer.ALL))
                    : onlyAdministrator(user, "the metrics"),
            loop);
  }

  private CompletableFuture<AccessVerdict> onlyAdministrator(UserInfo user, String what) {
    return viewerOf(user)
        .thenApply(
            verdict ->
                verdict.viewer().seesAll()
                    ? verdict
                    : AccessVerdict.refused(
                        AccessVerdict.Kind.FORBIDDEN,
                        "User " + user.username() + " may not read " + what + "."));
  }

  private CompletableFuture<AccessVerdict> viewerOf(UserInfo user) {
    CompletableFuture<Boolean> pods = may(user, AccessQuestion.pods(""));
    CompletableFuture<Boolean> teams = may(user, AccessQuestion.team(source, ""));
    return CompletableFuture.allOf(pods, teams)
        .thenComposeAsync(nothing -> viewerOf(user, pods.join(), teams.join()), loop);
  }

  private CompletableFuture<AccessVerdict> viewerOf(
      UserInfo user, boolean allPods, boolean allTeams) {
    Map<String, CompletableFuture<Boolean>> namespaces =
        allPods ? Map.of() : ask(user, names.namespaces(), AccessQuestion::pods);
    Map<String, CompletableFuture<Boolean>> teams =
        allTeams ? Map.of() : ask(user, names.teams(), team -> AccessQuestion.team(source, team));
    return CompletableFuture.allOf(all(namespaces), all(teams))
        .thenApply(
            nothing -> verdict(user, new Viewer(allPods, allTeams, yes(namespaces), yes(teams))));
  }

  private static AccessVerdict verdict(UserInfo user, Viewer viewer) {
    return viewer.seesNothing()
        ? AccessVerdict.refused(
            AccessVerdict.Kind.FORBIDDEN,
            "User "
                + user.username()
                + " may get no team, and pods in no namespace that uses GPUs.")
        : AccessVerdict.allowed(user, viewer);
  }

  private Map<String, CompletableFuture<Boolean>> ask(
      UserInfo user, Set<String> about, Function<String, AccessQuestion> question) {
    return about.stream()
        .collect(Collectors.toMap(each -> each, each -> may(user, question.apply(each))));
  }

  private static CompletableFuture<Void> all(Map<String, CompletableFuture<Boolean>> answers) {
    return CompletableFuture.allOf(answers.values().toArray(CompletableFuture[]::new));
  }

  private static Set<String> yes(Map<String, CompletableFuture<Boolean>> answers) {
    return answers.entrySet().stream()
        .filter(each -> each.getValue().join())
        .map(Map.Entry::getKey)
        .collect(Collectors.toUnmodifiableSet());
  }
}
