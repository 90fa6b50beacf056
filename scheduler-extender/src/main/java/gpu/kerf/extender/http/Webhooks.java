package gpu.kerf.extender.http;

import gpu.kerf.extender.admission.Admission;
import gpu.kerf.extender.admission.Answer;
import gpu.kerf.extender.admission.PodProblem;
import gpu.kerf.extender.admission.Review;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.wire.WireException;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles a request to a webhook: parses it, calls the admission, encodes the answer, and records
 * the outcome.
 */
public final class Webhooks {
  private static final Logger LOG = LoggerFactory.getLogger(Webhooks.class);

  private final Admission admission;

  public Webhooks(Admission admission) {
    this.admission = admission;
  }

  /** By their paths without the slash. */
  public Map<String, VerbHandler> byName() {
    return Map.of(
        "mutate", body -> CompletableFuture.completedFuture(mutate(body.getBytes())),
        "validate", body -> CompletableFuture.completedFuture(validate(body.getBytes())));
  }

  /** What answers a question that could be read. */
  @FunctionalInterface
  private interface Webhook {
    Answer answer(Review review) throws WireException;
  }

  private VerbHandler.Answer mutate(byte[] body) {
    return answer("mutate", body, admission::mutate, "unchanged");
  }

  private VerbHandler.Answer validate(byte[] body) {
    return answer("validate", body, admission::validate, "allowed");
  }

  private static VerbHandler.Answer answer(
      String name, byte[] body, Webhook webhook, String plain) {
    Review review;
    try {
      review = Review.read(body);
    } catch (WireException nonsense) {
      throw RequestException.badRequest(
          String.valueOf(nonsense.getMessage()), "Send what the API server sends a webhook.");
    }
    Answer answer = answer(review, webhook);
    String reason = answer.isAllowed() ? "" : answer.problems().get(0).kind().word();
    if (!answer.isAllowed()) {
      log(name, review, answer);
    }
    return new VerbHandler.Answer(
        Buffer.buffer(answer.json(review.uid())), outcome(answer, plain), reason);
  }

  private static Answer answer(Review review, Webhook webhook) {
    try {
      return webhook.answer(review);
    } catch (WireException unreadable) {
      return Answer.refused(
          new PodProblem(PodProblem.Kind.NONSENSE, String.valueOf(unreadable.getMessage()), ""));
    }
  }

  private static String outcome(Answer answer, String plain) {
    if (!answer.isAllowed()) {
      return "refused";
    }
    if (answer.isPatched()) {
      return "patched";
    }
    return answer.warnings().isEmpty() ? plain : "warned";
  }

  private static void log(String name, Review review, Answer answer) {
    List<String> kinds = answer.problems().stream().map(each -> each.kind().word()).toList();
    LOG.atInfo()
        .addKeyValue(LogKeys.VERB, name)
        .addKeyValue(LogKeys.POD, review.namespace() + "/" + review.podName())
        .addKeyValue(LogKeys.CODE, kinds)
        .log("A pod was refused.");
  }
}
