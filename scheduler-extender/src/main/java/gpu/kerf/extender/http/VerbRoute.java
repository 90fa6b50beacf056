package gpu.kerf.extender.http;

import gpu.kerf.extender.http.VerbHandler.Answer;
import gpu.kerf.extender.settings.Settings;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** POST of one verb: reads the body within its limits, calls the verb, answers within its time. */
final class VerbRoute {
  private final Vertx vertx;
  private final String name;
  private final VerbHandler verb;
  private final Settings.Limits limits;
  private final Gate gate;
  private final ErrorAnswers refusals;
  private final AnswerListener answers;

  VerbRoute(
      Vertx vertx,
      String name,
      VerbHandler verb,
      Settings.Limits limits,
      Gate gate,
      ErrorAnswers refusals,
      AnswerListener answers) {
    this.vertx = vertx;
    this.name = name;
    this.verb = verb;
    this.limits = limits;
    this.gate = gate;
    this.refusals = refusals;
    this.answers = answers;
  }

  void handle(PendingResponse pendingResponse) {
    HttpServerRequest request = pendingResponse.request();
    ErrorAnswer refusal =
        request.getHeader("Origin") != null ? ErrorAnswer.browser() : mediaType(request);
    refusal = refusal == null ? gate.enter() : refusal;
    if (refusal != null) {
      new Exchange(pendingResponse).refuse(refusal);
    } else {
      new Exchange(pendingResponse).begin();
    }
  }

  /** A browser may send other types across sites without asking first; so they are refused. */
  private static @Nullable ErrorAnswer mediaType(HttpServerRequest request) {
    String type = request.getHeader("Content-Type");
    String plain = type == null ? "" : type.replace(" ", "").toLowerCase(Locale.ROOT);
    boolean json =
        plain.equals("application/json") || plain.equals("application/json;charset=utf-8");
    String encoding = request.getHeader("Content-Encoding");
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      return ErrorAnswer.mediaType(type + ", " + encoding);
    }
    return json ? null : ErrorAnswer.mediaType(type == null ? "none" : type);
  }

  /** One request and its answer. */
  private final class Exchange {
    private final PendingResponse pendingResponse;
    private final HttpServerRequest request;
    private final long began = System.nanoTime();
    private @Nullable Body body;
    private boolean answered;
    private boolean working;
    private long timer = -1;

    Exchange(PendingResponse pendingResponse) {
      this.pendingResponse = pendingResponse;
      this.request = pendingResponse.request();
    }

    /** Reads the body; it has passed the gate, and leaves it at the end. */
    void begin() {
      Body.Bounds bounds = new Body.Bounds(limits.body().value(), limits.arrival());
      Body read = new Body(vertx, request, bounds, gate, this::call, this::refuse);
      body = read;
      pendingResponse.onOver(this::leaveIfIdle);
      read.read();
    }

    private void call(Buffer bytes) {
      working = true;
      try {
        Future<Answer> answer =
            Future.fromCompletionStage(
                verb.answer(bytes, this::onHangup), vertx.getOrCreateContext());
        if (!answer.isComplete()) {
          timer =
              vertx.setTimer(
                  limits.answer().toMillis(),
                  id -> refuse(ErrorAnswer.unanswered(limits.answer())));
        }
        answer.onComplete(this::done);
      } catch (RuntimeException failure) {
        done(Future.failedFuture(failure));
      }
    }

    /** The peer is gone, or was told that there will be no answer in time. */
    private void onHangup(Runnable action) {
      pendingResponse.onOver(
          () -> {
            if (working) {
              action.run();
            }
          });
    }

    private void done(AsyncResult<Answer> result) {
      working = false;
      vertx.cancelTimer(timer);
      if (!answered) {
        if (result.succeeded()) {
          answer(result.result());
        } else {
          fail(result.cause());
        }
      }
      if (pendingResponse.isOver()) {
        leaveIfIdle();
      }
    }

    private void answer(Answer answer) {
      answered = true;
      HttpServerResponse response = request.response();
      if (!response.closed()) {
        response.putHeader("Content-Type", "application/json");
        response.end(answer.body());
      }
      answers.answered(name, answer.outcome(), answer.reason(), System.nanoTime() - began);
    }

    private void fail(Throwable failure) {
      Throwable cause =
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
      if (cause instanceof RequestException known) {
        refuse(known.refusal());
      } else {
        refuse(ErrorAnswer.broken(), cause);
      }
    }

    private void refuse(ErrorAnswer refusal) {
      refuse(refusal, null);
    }

    private void refuse(ErrorAnswer refusal, @Nullable Throwable cause) {
      answered = true;
      if (!request.isEnded()) {
        Hangup.after(vertx, request);
      }
      refusals.answer(request, refusal, cause);
      answers.answered(name, "error", refusal.code(), System.nanoTime() - began);
    }

    /** Called when the turn is over and when the verb is done; the later of the two leaves. */
    private void leaveIfIdle() {
      Body read = body;
      if (read != null && !working) {
        body = null;
        read.release();
        gate.leave();
      }
    }
  }
}
