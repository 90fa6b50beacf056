package gpu.kerf.extender.access;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What judges clients. Nothing here blocks; stages may complete on any thread, and fail if there is
 * no answer.
 */
public interface AccessReviews {

  /** Whose token it is; empty if it is no valid one. */
  CompletionStage<Optional<UserInfo>> user(String token);

  /** Whether a user may get what is asked. */
  CompletionStage<Boolean> may(UserInfo user, AccessQuestion question);
}
