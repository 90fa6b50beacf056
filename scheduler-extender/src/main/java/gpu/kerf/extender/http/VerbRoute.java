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
  private final Refusals refusals;
  private final Tally tally;

  VerbRoute(
      Vertx vertx,
      String name,
      VerbHandler verb,
      Settings.Limits limits,
      Gate gate,
      Refusals refusals,
      Tally tally) {
    this.vertx = vertx;
    this.name = name;
    this.verb = verb;
    this.limits = limits;
    this.gate = gate;
    this.refusals = refusals;
    this.tally = tally;
  }

  void handle(Turn turn) {
    HttpServerRequest request = turn.request();
    Refusal refusal = request.getHeader("Origin") != null ? Refusal.browser() : mediaType(request);
    refusal = refusal == null ? gate.enter() : refusal;
    if (refusal != null) {
      new Exchange(turn).refuse(refusal);
    } else {
      new Exchange(turn).begin();
    }
  }

  /** A browser may send other types across sites without asking first; so they are refused. */
  private static @Nullable Refusal mediaType(HttpServerRequest request) {
    String type = request.getHeader("Content-Type");
    String plain = type == null ? "" : type.replace(" ", "").toLowerCase(Locale.ROOT);
    boolean json =
        plain.equals("application/json") || plain.equals("application/json;charset=utf-8");
    String encoding = request.getHeader("Content-Encoding");
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      return Refusal.mediaType(type + ", " + encoding);
    }
    return json ? null : Refusal.mediaType(type == null ? "none" : type);
  }

  /** One request and its answer. */
  private final class Exchange {
    private final Turn turn;
    private final HttpServerRequest request;
    private final long began = System.nanoTime();
    private @Nullable Body body;
    private boolean answered;
    private boolean working;
    private long timer = -1;

    Exchange(Turn turn) {
      this.turn = turn;
      this.request = turn.request();
    }

    /** Reads the body; it has passed the gate, and leaves it at the end. */
    void begin() {
      Body.Bounds bounds = new Body.Bounds(limits.body().value(), limits.arrival());
      Body read = new Body(vertx, request, bounds, gate, this::call, this::refuse);
      body = read;
      turn.onOver(this::leaveIfIdle);
      read.read();
    }

    private void call(Buffer bytes) {
      working = true;
      try {
        Future<Answer> answer =
            Future.fromCompletionStage(verb.answer(bytes), vertx.getOrCreateContext());
        if (!answer.isComplete()) {
          timer =
              vertx.setTimer(
                  limits.answer().toMillis(), id -> refuse(Refusal.unanswered(limits.answer())));
        }
        answer.onComplete(this::done);
      } catch (RuntimeException failure) {
        done(Future.failedFuture(failure));
      }
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
      if (turn.isOver()) {
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
      tally.answered(name, answer.outcome(), answer.reason(), System.nanoTime() - began);
    }

    private void fail(Throwable failure) {
      Throwable cause =
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
      if (cause instanceof VerbException known) {
        refuse(known.refusal());
      } else {
        refuse(Refusal.broken(), cause);
      }
    }

    private void refuse(Refusal refusal) {
      refuse(refusal, null);
    }

    private void refuse(Refusal refusal, @Nullable Throwable cause) {
      answered = true;
      if (!request.isEnded()) {
        Hangup.after(vertx, request);
      }
      refusals.answer(request, refusal, cause);
      tally.answered(name, "error", refusal.code(), System.nanoTime() - began);
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
