package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.GateResult;
import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.team.TurnGate;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.PodView;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Keeps one condition of pods, which has a text while it holds. It is written when the text
 * changes, the newest text alone, and it has a lower priority than other requests: so many per
 * second, and fewer while many pods are being bound.
 *
 * <p>Used on the thread that owns the ledger.
 */
public final class PodConditions {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PER_SECOND = 50;
  private static final int BURST = 50;
  private static final int PER_SECOND_IN_RUSH = 10;
  private static final int LONGEST_TEXT = 1_000;

  /** Which condition it is. */
  public enum Kind {
    /** The pod waits for its turn; {@code False} while it does, as it is no turn. */
    TURN(TurnGate.CONDITION, "False", "Opened"),
    /** Kerf will evict the pod; {@code True} while that is so. */
    EVICTION(PodView.EVICTION_CONDITION, "True", "Withdrawn");

    private final String type;
    private final String status;
    private final String reasonAfter;

    Kind(String type, String status, String reasonAfter) {
      this.type = type;
      this.status = status;
      this.reasonAfter = reasonAfter;
    }

    private String statusAfter() {
      return status.equals("True") ? "False" : "True";
    }
  }

  private final Kind kind;
  private final RequestPool requests;
  private final Executor loop;
  private final Clocks clocks;
  private final Consumer<PodEvent> events;

  /** What was written, or will be, by uid. */
  private final Map<String, String> texts = new HashMap<>();

  private final Map<String, Due> due = new LinkedHashMap<>();

  /** The next write of such a pod waits, so that an older one cannot come after it. */
  private final Set<String> inFlight = new HashSet<>();

  private final BurstDetector burstDetector = new BurstDetector();
  private double allowed = BURST;
  private long allowedAt;

  /**
   * What is to be written.
   *
   * @param reason why the condition holds, in one word
   * @param text empty if the condition does not hold any more
   * @param since since when that is so
   */
  private record Due(PodView.Ref pod, String reason, String text, long since) {}

  /**
   * @param events is told when the condition begins to hold
   */
  public PodConditions(
      Kind kind, RequestPool requests, Executor loop, Clocks clocks, Consumer<PodEvent> events) {
    this.kind = kind;
    this.requests = requests;
    this.loop = loop;
    this.clocks = clocks;
    this.events = events;
    this.allowedAt = clocks.elapsedMillis();
  }

  /**
   * The condition holds, because of what the text says.
   *
   * @param sinceMillis since when; the time of the condition, where it is found after a restart
   * @param reason in one word
   */
  public void holds(PodView.Ref pod, long sinceMillis, String reason, String text) {
    String shown = text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT) + "…";
    String before = texts.put(pod.uid(), shown);
    if (shown.equals(before)) {
      return;
    }
    if (before == null) {
      events.accept(new PodEvent(pod, kind == Kind.EVICTION, reason, shown));
    }
    due.put(pod.uid(), new Due(pod, reason, shown, sinceMillis));
    tick();
  }

  /** A gate is being opened: the pod does not wait any more when that went well. */
  public CompletionStage<GateResult> follow(PodView.Ref pod, CompletionStage<GateResult> opening) {
    opening.thenAcceptAsync(
        result -> {
          if (result.kind() == GateResult.Kind.OPENED) {
            opened(pod);
          }
        },
        loop);
    return opening;
  }

  private void opened(PodView.Ref pod) {
    if (texts.remove(pod.uid()) == null) {
      return;
    }
    Due earlier = due.remove(pod.uid());
    if (earlier == null || inFlight.contains(pod.uid())) {
      due.put(pod.uid(), new Due(pod, kind.reasonAfter, "", clocks.wall().millis()));
    }
  }

  /** The condition holds no more; whether it was written by this process does not matter. */
  public void over(PodView.Ref pod) {
    texts.remove(pod.uid());
    due.put(pod.uid(), new Due(pod, kind.reasonAfter, "", clocks.wall().millis()));
    tick();
  }

  /** A pod is over. */
  public void podEnded(String uid) {
    texts.remove(uid);
    due.remove(uid);
  }

  /** A pod is being bound. */
  public void binding() {
    burstDetector.one(clocks.elapsedMillis());
  }

  /** Writes those whose turn it is; to be called now and then. */
  public void tick() {
    long now = clocks.elapsedMillis();
    int rate = burstDetector.isOn(now) ? PER_SECOND_IN_RUSH : PER_SECOND;
    allowed = Math.min(BURST, allowed + Math.max(0, now - allowedAt) / 1e3 * rate);
    allowedAt = now;
    Iterator<Due> next = due.values().iterator();
    while (allowed >= 1 && next.hasNext()) {
      Due one = next.next();
      if (inFlight.add(one.pod.uid())) {
        allowed--;
        next.remove();
        write(one);
      }
    }
  }

  private void write(Due one) {
    requests
        .start(server -> send(server, one))
        .exceptionally(failure -> false)
        .thenAcceptAsync(done -> written(one, done), loop);
  }

  /** A text that could not be written is written when it is told again. */
  private void written(Due one, boolean done) {
    inFlight.remove(one.pod.uid());
    if (!done) {
      texts.remove(one.pod.uid(), one.text);
    }
  }

  private boolean send(ApiServer server, Due one) throws IOException {
    ObjectNode body = JSON.createObjectNode();
    body.putObject("metadata").put("uid", one.pod.uid());
    boolean holds = !one.text.isEmpty();
    ObjectNode condition =
        body.putObject("status")
            .putArray("conditions")
            .addObject()
            .put("type", kind.type)
            .put("status", holds ? kind.status : kind.statusAfter())
            .put("reason", one.reason)
            .put("message", one.text);
    Instant since = Instant.ofEpochMilli(one.since).truncatedTo(ChronoUnit.SECONDS);
    condition.put("lastTransitionTime", since.toString());
    String path = ApiRequest.pod(one.pod.namespace(), one.pod.name()) + "/status";
    return server.send(ApiRequest.patch(path, ApiRequest.STRATEGIC_PATCH, body.toString())).ok();
  }
}
