package gpu.kerf.extender.access;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The answers of an API server about three users, whose tokens are their names: {@code admin},
 * {@code rita} of research, and {@code frank} of fraud; any thread may use it.
 */
public final class RecordedReviews implements AccessReviews {
  private final Set<String> rights = new HashSet<>();
  private final Set<String> users = new HashSet<>();
  private final List<String> asked = new ArrayList<>();
  private final Map<String, CompletableFuture<Boolean>> held = new HashMap<>();
  private @Nullable Exception failure;

  /** Three users with their usual rights. */
  public static RecordedReviews ofThreeUsers() {
    return new RecordedReviews()
        .knows("admin", "pods in", "teams ", "/metrics")
        .knows("rita", "pods in research", "teams research")
        .knows("frank", "pods in fraud", "teams fraud");
  }

  public synchronized RecordedReviews knows(String name, String... may) {
    users.add(name);
    for (String right : may) {
      rights.add(name + ": " + right.strip());
    }
    return this;
  }

  public synchronized void mayNoMore(String name, String right) {
    rights.remove(name + ": " + right);
  }

  /** From now on the API server does not answer. */
  public synchronized void fail(@Nullable Exception with) {
    failure = with;
  }

  /** A question that gets no answer before the test gives it. */
  public synchronized CompletableFuture<Boolean> hold(String question) {
    return held.computeIfAbsent(question, key -> new CompletableFuture<>());
  }

  public synchronized List<String> asked() {
    return List.copyOf(asked);
  }

  @Override
  public synchronized CompletionStage<Optional<UserInfo>> user(String token) {
    asked.add("token " + token);
    if (failure != null) {
      return CompletableFuture.failedFuture(failure);
    }
    return CompletableFuture.completedFuture(
        users.contains(token)
            ? Optional.of(new UserInfo(token, "uid-" + token, List.of("all"), Map.of()))
            : Optional.empty());
  }

  @Override
  public synchronized CompletionStage<Boolean> may(UserInfo user, AccessQuestion question) {
    String text = user.username() + ": " + text(question);
    asked.add(text);
    if (failure != null) {
      return CompletableFuture.failedFuture(failure);
    }
    CompletableFuture<Boolean> waits = held.get(text);
    return waits == null ? CompletableFuture.completedFuture(rights.contains(text)) : waits;
  }

  private static String text(AccessQuestion question) {
    if (!question.path().isEmpty()) {
      return question.path();
    }
    return (question.resource()
            + (question.resource().equals("pods") ? " in " + question.namespace() : " ")
            + question.name())
        .strip();
  }
}
