package gpu.kerf.extender.http;

import io.vertx.core.buffer.Buffer;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** One verb as the server sees it: the bytes of a request in, the bytes of an answer out. */
@FunctionalInterface
public interface VerbHandler {

  /**
   * Answers; called on the context that owns the ledger. Throws a {@link RequestException} where
   * the protocol has no other way to say what went wrong.
   */
  CompletionStage<Answer> answer(Buffer body);

  /**
   * The same for a verb that may wait.
   *
   * @param onHangup takes what to do when the peer does not wait for the answer any more
   */
  default CompletionStage<Answer> answer(Buffer body, Consumer<Runnable> onHangup) {
    return answer(body);
  }

  /**
   * An answer on the wire.
   *
   * @param outcome what it came to, for metrics: placed, refused, error, evicts
   * @param reason why, where there is a reason of a few; empty otherwise
   */
  record Answer(Buffer body, String outcome, String reason) {}
}
