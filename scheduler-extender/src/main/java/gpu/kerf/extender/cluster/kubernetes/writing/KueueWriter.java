package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.kueue.AdmissionCheck;
import gpu.kerf.extender.kueue.CheckAnswer;
import gpu.kerf.extender.kueue.KueueStatus;
import gpu.kerf.extender.kueue.Workload;
import gpu.kerf.extender.telemetry.LogKeys;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what Kerf says into Kueue's objects, by server-side apply: the state of one check of a
 * Workload, and the condition {@code Active} of an AdmissionCheck, and nothing else of them. Every
 * write names the uid and the resourceVersion that it stands on.
 */
public final class KueueWriter implements KueueStatus {
  private static final Logger LOG = LoggerFactory.getLogger(KueueWriter.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MANAGER = "kerf";
  private static final int LONGEST_MANAGER = 128;
  private static final String MESSAGE = "message";
  private static final String SINCE = "lastTransitionTime";
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;

  private final RequestPool requests;
  private final InstantSource clock;
  private final Paths paths;
  private final BooleanSupplier known;
  private final AtomicBoolean troubled = new AtomicBoolean();

  /**
   * Where the API server has the objects, as /apis/GROUP/VERSION/RESOURCE; it is known after the
   * first list.
   */
  public record Paths(Supplier<String> workloads, Supplier<String> checks) {}

  /**
   * @param known whether everything that Kueue has was told
   */
  public KueueWriter(
      RequestPool requests, InstantSource clock, Paths paths, BooleanSupplier known) {
    this.requests = requests;
    this.clock = clock;
    this.paths = paths;
    this.known = known;
  }

  @Override
  public boolean isKnown() {
    return known.getAsBoolean();
  }

  @Override
  public CompletionStage<Outcome> answer(CheckAnswer answer) {
    Workload workload = answer.workload();
    String path = paths.workloads.get();
    ObjectNode body = body(path, "Workload", workload.name());
    ((ObjectNode) body.path("metadata"))
        .put("namespace", workload.namespace())
        .put("uid", workload.uid())
        .put("resourceVersion", workload.resourceVersion());
    ObjectNode check = body.putObject("status").putArray("admissionChecks").addObject();
    check.put("name", answer.check()).put("state", answer.state().word());
    check.put(MESSAGE, answer.message()).put(SINCE, now());
    if (answer.state() == CheckAnswer.State.RETRY) {
      check.put("requeueAfterSeconds", answer.retryAfterSeconds());
    }
    String version = path.substring(0, path.lastIndexOf('/'));
    return write(
        version
            + "/namespaces/"
            + ApiRequest.segment(workload.namespace())
            + "/workloads/"
            + ApiRequest.segment(workload.name()),
        manager(answer.check()),
        body,
        "workload " + workload.key());
  }

  @Override
  public CompletionStage<Outcome> activate(AdmissionCheck check, AdmissionCheck.Activity activity) {
    String path = paths.checks.get();
    ObjectNode body = body(path, "AdmissionCheck", check.name());
    ((ObjectNode) body.path("metadata"))
        .put("uid", check.uid())
        .put("resourceVersion", check.resourceVersion());
    body.putObject("status")
        .putArray("conditions")
        .addObject()
        .put("type", "Active")
        .put("status", activity.active() ? "True" : "False")
        .put("reason", activity.reason())
        .put(MESSAGE, activity.message())
        .put("observedGeneration", check.generation())
        .put(SINCE, now());
    return write(
        path + "/" + ApiRequest.segment(check.name()),
        MANAGER,
        body,
        "admissioncheck " + check.name());
  }

  private static ObjectNode body(String path, String kind, String name) {
    String version = path.substring("/apis/".length(), path.lastIndexOf('/'));
    ObjectNode body = JSON.createObjectNode().put("apiVersion", version).put("kind", kind);
    body.putObject("metadata").put("name", name);
    return body;
  }

  private String now() {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    return now.toString();
  }

  /**
   * Each check of a workload has a manager of its own: what a manager has set before and leaves out
   * is taken away, and that would be the answer to another check.
   */
  private static String manager(String check) {
    String manager = MANAGER + "-" + check;
    return manager.length() <= LONGEST_MANAGER ? manager : manager.substring(0, LONGEST_MANAGER);
  }

  private CompletionStage<Outcome> write(
      String path, String manager, ObjectNode body, String what) {
    ApiRequest request = ApiRequest.apply(path + "/status", manager, body.toString());
    return requests
        .start(server -> send(server, request, what))
        .exceptionally(failure -> failed(what, String.valueOf(failure.getMessage())));
  }

  private Outcome send(ApiServer server, ApiRequest request, String what) throws IOException {
    ApiReply reply = server.send(request);
    if (reply.ok()) {
      troubled.set(false);
      return Outcome.WRITTEN;
    }
    return reply.status() == CONFLICT || reply.status() == NOT_FOUND
        ? Outcome.OUTDATED
        : failed(what, reply.problem());
  }

  /** Once until a write succeeds, and not for each workload every few seconds. */
  private Outcome failed(String what, String problem) {
    if (!troubled.getAndSet(true)) {
      LOG.atWarn()
          .addKeyValue(LogKeys.RESOURCE, what)
          .addKeyValue(LogKeys.PROBLEM, problem)
          .log("Kueue cannot be answered; Kerf tries again.");
    }
    return Outcome.FAILED;
  }
}
