package gpu.kerf.extender.http;

import gpu.kerf.extender.http.VerbHandler.Answer;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.verb.BindVerb;
import gpu.kerf.extender.verb.FilterVerb;
import gpu.kerf.extender.verb.PreemptVerb;
import gpu.kerf.extender.verb.PrioritizeVerb;
import gpu.kerf.extender.verb.VerbService;
import gpu.kerf.extender.wire.BindAnswer;
import gpu.kerf.extender.wire.BindCall;
import gpu.kerf.extender.wire.FilterAnswer;
import gpu.kerf.extender.wire.FilterCall;
import gpu.kerf.extender.wire.NodeNames;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PreemptAnswer;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.extender.wire.WireReader;
import gpu.kerf.extender.wire.WireWriter;
import gpu.kerf.model.placement.Reason;
import io.vertx.core.buffer.Buffer;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles a request to a verb: parses it, calls the verb, encodes the answer, and records the
 * outcome.
 */
public final class Verbs {
  private static final Logger LOG = LoggerFactory.getLogger(Verbs.class);

  private final WireReader reader;
  private final WireWriter writer;
  private final FilterVerb filter;
  private final PrioritizeVerb prioritize;
  private final BindVerb bind;
  private final PreemptVerb preempt;

  public Verbs(VerbService verbs, NodeNames names) {
    this.reader = new WireReader(names);
    this.writer = new WireWriter(names);
    this.filter = verbs.filter();
    this.prioritize = verbs.prioritize();
    this.bind = verbs.bind();
    this.preempt = verbs.preempt();
  }

  /** By their paths without the slash. */
  public Map<String, VerbHandler> byName() {
    Map<String, VerbHandler> verbs = new LinkedHashMap<>();
    verbs.put("filter", now(this::filter));
    verbs.put("prioritize", now(this::prioritize));
    verbs.put("bind", new Bind());
    verbs.put("preempt", now(this::preempt));
    return verbs;
  }

  /** A verb that answers at once. */
  @FunctionalInterface
  private interface Verb {
    Answer answer(byte[] body) throws WireException, gpu.kerf.extender.verb.VerbException;
  }

  private static VerbHandler now(Verb verb) {
    return body -> {
      try {
        return CompletableFuture.completedFuture(verb.answer(body.getBytes()));
      } catch (WireException nonsense) {
        throw badRequest(nonsense);
      } catch (gpu.kerf.extender.verb.VerbException failed) {
        throw RequestException.unavailable(
            failed.verbError().id(),
            failed.verbError().text() + ".",
            "kube-scheduler tries again.");
      }
    };
  }

  private static RequestException badRequest(WireException nonsense) {
    return RequestException.badRequest(
        String.valueOf(nonsense.getMessage()), "Send what kube-scheduler sends an extender.");
  }

  private Answer filter(byte[] body) throws WireException {
    FilterCall call = reader.filter(body);
    FilterAnswer answer = filter.filter(call);
    Buffer json = Buffer.buffer(writer.filter(answer));
    VerbError verbError = answer.verbError();
    if (verbError != null) {
      log("filter", call.pod().ref(), verbError);
      return new Answer(json, "error", verbError.id());
    }
    if (answer.chosen() > 0) {
      return new Answer(json, "placed", "");
    }
    return new Answer(json, answer.evicts() ? "evicts" : "refused", reason(answer));
  }

  /** The reason of most nodes; of those that time may change, where there are any. */
  private static String reason(FilterAnswer answer) {
    if (answer.problem() != null) {
      return "nonsense";
    }
    Reason most = null;
    long best = -1;
    for (Map.Entry<Reason, Integer> each : answer.refusedByReason().entrySet()) {
      long rank = each.getValue() + (each.getKey().never() ? 0 : 1L << 32);
      most = rank > best ? each.getKey() : most;
      best = Math.max(rank, best);
    }
    return most == null ? "" : most.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private Answer prioritize(byte[] body)
      throws WireException, gpu.kerf.extender.verb.VerbException {
    return new Answer(
        Buffer.buffer(writer.prioritize(prioritize.prioritize(reader.filter(body)))), "ranked", "");
  }

  private Answer preempt(byte[] body) throws WireException, gpu.kerf.extender.verb.VerbException {
    PreemptAnswer answer = preempt.preempt(reader.preempt(body));
    String outcome = answer.nodes().isEmpty() ? "refused" : "evicts";
    return new Answer(Buffer.buffer(writer.preempt(answer)), outcome, "");
  }

  /** The one verb that may wait: for the API server, and for the other pods of a gang. */
  private final class Bind implements VerbHandler {
    @Override
    public CompletionStage<Answer> answer(Buffer body) {
      return answer(body, hangup -> {});
    }

    @Override
    public CompletionStage<Answer> answer(Buffer body, Consumer<Runnable> onHangup) {
      try {
        BindCall call = reader.bind(body.getBytes());
        CompletionStage<BindAnswer> answer = bind.bind(call);
        onHangup.accept(() -> bind.hungUp(call));
        return answer.thenApply(given -> bound(call, given));
      } catch (WireException nonsense) {
        throw badRequest(nonsense);
      }
    }
  }

  private Answer bound(BindCall call, BindAnswer answer) {
    Buffer json = Buffer.buffer(writer.bind(answer));
    VerbError verbError = answer.verbError();
    if (verbError == null) {
      return new Answer(json, "placed", "");
    }
    log("bind", call.pod(), verbError);
    return new Answer(json, "error", verbError.id());
  }

  private static void log(String verb, PodView.Ref pod, VerbError verbError) {
    LOG.atWarn()
        .addKeyValue(LogKeys.ID, verbError.id())
        .addKeyValue(LogKeys.VERB, verb)
        .addKeyValue(LogKeys.POD, pod.namespace() + "/" + pod.name())
        .addKeyValue(LogKeys.UID, pod.uid())
        .log(verbError.answer());
  }
}
