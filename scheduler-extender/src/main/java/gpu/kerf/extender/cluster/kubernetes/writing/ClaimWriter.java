package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import gpu.kerf.extender.cluster.ClaimResult;
import gpu.kerf.extender.cluster.ClaimResult.Kind;
import gpu.kerf.extender.cluster.DeviceClaim;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.TwoAtATime;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.wire.PodView;
import java.io.IOException;
import java.net.ConnectException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes what makes a kubelet call a DRA driver for a pod: the first three of four writes, of which
 * the Binding is the last. Each may be repeated, and a kill between any two leaves what the next
 * attempt or the sweep takes up.
 *
 * <pre>
 *   1 claim        the ResourceClaim of the pod, with the finalizer
 *   2 allocation   its devices, and the pod that they are reserved for
 *   3 pod          the field of the pod that names the claim; the API server must have kept it.
 *                  Sent beside the second: neither needs the other, only the Binding needs both.
 *   4 Binding      by {@link Binder}
 *
 *   a claim is given up in this order: the field, devices and reservation, the claim
 * </pre>
 *
 * <p>The field goes first: a pod that names a claim which is gone would never start, also on a node
 * that has no DRA driver.
 *
 * <p>Blocks. At most one request for a pod runs at a time; {@link ClaimQueue} sees to it.
 */
public final class ClaimWriter {
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int INVALID = 422;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_ERRORS = 500;

  private static final String NO_DRA = "The API server has no DeviceClasses (resource.k8s.io/v1).";

  private final DeviceClasses classes;
  private final Metrics metrics;
  private final Supplier<String> shareId;
  private final TwoAtATime beside;

  /**
   * @param shareId makes a UUID for each part of a device that is shared
   * @param beside sends the third write while the second is on its way
   */
  public ClaimWriter(
      DeviceClasses classes, Metrics metrics, Supplier<String> shareId, TwoAtATime beside) {
    this.classes = classes;
    this.metrics = metrics;
    this.shareId = shareId;
    this.beside = beside;
  }

  /** An end before all is written. */
  private static final class EndException extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient ClaimResult result;

    EndException(Kind kind, String text) {
      super(text, null, false, false);
      this.result = new ClaimResult(kind, text);
    }
  }

  /** Something that is sent. */
  private enum Write {
    CLAIM,
    ALLOCATION,
    POD,
    CLEAR,
    UNNAME,
    DELETE;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Writes what is missing of a claim.
   *
   * @param mayWrite whether no other replica can have begun to bind; asked before every write
   */
  ClaimResult write(ApiServer server, DeviceClaim claim, BooleanSupplier mayWrite) {
    Sending sending = new Sending(server, mayWrite);
    try {
      DeviceClasses.Known known = classes(server, claim);
      JsonNode object = sending.claim(claim);
      both(() -> sending.allocation(claim, object, known), () -> sending.name(claim));
      return ClaimResult.WRITTEN;
    } catch (EndException end) {
      return end.result;
    } catch (IllegalArgumentException e) {
      return new ClaimResult(Kind.POD_GONE, String.valueOf(e.getMessage()));
    } catch (ConnectException e) {
      Kind kind = sending.sent ? Kind.UNKNOWN : Kind.REFUSED;
      return new ClaimResult(kind, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      return new ClaimResult(Kind.UNKNOWN, String.valueOf(e.getMessage()));
    }
  }

  /** One of the writes. */
  private interface Step {
    void run() throws IOException, EndException;
  }

  /** A step that runs on any thread, and keeps how it failed. */
  private static final class Attempt implements Runnable {
    private final Step step;
    private volatile @Nullable Exception failure;

    Attempt(Step step) {
      this.step = step;
    }

    @Override
    public void run() {
      try {
        step.run();
      } catch (IOException | EndException | RuntimeException e) {
        failure = e;
      }
    }
  }

  /**
   * Takes two steps at a time. A lost answer comes before a refusal: what may still be carried out
   * must not be given up as if it were not.
   */
  private void both(Step first, Step second) throws IOException, EndException {
    Attempt one = new Attempt(first);
    Attempt other = new Attempt(second);
    beside.run(one, other);
    List<Exception> failures =
        Stream.of(one, other).map(each -> each.failure).filter(Objects::nonNull).toList();
    throwFirst(IOException.class, failures);
    throwFirst(RuntimeException.class, failures);
    throwFirst(EndException.class, failures);
  }

  private static <E extends Exception> void throwFirst(Class<E> kind, List<Exception> failures)
      throws E {
    for (Exception each : failures) {
      if (kind.isInstance(each)) {
        throw kind.cast(each);
      }
    }
  }

  private DeviceClasses.Known classes(ApiServer server, DeviceClaim claim)
      throws IOException, EndException {
    DeviceClasses.Known known;
    try {
      known =
          classes.read(
              server, claim.requests().stream().map(DeviceClaim.Request::deviceClass).toList());
    } catch (RefusedException e) {
      boolean absent = e.reply().status() == NOT_FOUND;
      throw absent ? new EndException(Kind.BAD_CLASS, NO_DRA) : refusal(e.reply());
    }
    if (!known.trap().isEmpty()) {
      throw new EndException(
          Kind.BAD_CLASS, "The DeviceClass " + known.trap() + " stands for a resource of Kerf.");
    }
    for (DeviceClaim.Request each : claim.requests()) {
      if (!known.has(each.deviceClass())) {
        throw new EndException(
            Kind.BAD_CLASS, "There is no DeviceClass " + each.deviceClass() + ".");
      }
    }
    return known;
  }

  /** Gives up the claim of a pod, unless the pod is bound; then nothing is changed. */
  Abandoned abandon(ApiServer server, PodView.Ref pod, BooleanSupplier mayWrite)
      throws IOException {
    Sending sending = new Sending(server, mayWrite);
    try {
      JsonNode read = sending.get(podPath(pod));
      boolean same = read.at("/metadata/uid").asText("").equals(pod.uid());
      if (same && !read.at("/spec/nodeName").asText("").isEmpty()) {
        return Abandoned.BOUND;
      }
      String mine = ClaimBodies.name(pod.uid());
      boolean stillNamed = false;
      if (same && named(read).equals(mine)) {
        String patch = ClaimBodies.fieldPatch(pod.uid(), mine, MissingNode.getInstance());
        JsonNode answer =
            sending.patch(Write.UNNAME, podPath(pod) + "/status", ApiRequest.JSON_PATCH, patch);
        stillNamed = named(answer).equals(mine);
      }
      sending.remove(pod);
      return stillNamed ? Abandoned.STILL_NAMED : Abandoned.DONE;
    } catch (EndException end) {
      if (end.result.kind() == Kind.POD_GONE) {
        return Abandoned.DONE;
      }
      throw new IOException(end.result.text());
    } catch (IllegalArgumentException nothingCanHaveThisName) {
      return Abandoned.DONE;
    }
  }

  private static String claimPath(PodView.Ref pod) {
    return claimsPath(pod) + "/" + ApiRequest.segment(ClaimBodies.name(pod.uid()));
  }

  private static String claimsPath(PodView.Ref pod) {
    return "/apis/resource.k8s.io/v1/namespaces/"
        + ApiRequest.segment(pod.namespace())
        + "/resourceclaims";
  }

  private static String podPath(PodView.Ref pod) {
    return ApiRequest.pod(pod.namespace(), pod.name());
  }

  /** The claim that a pod names; empty if it names none. */
  private static String named(JsonNode pod) {
    return pod.at("/status/extendedResourceClaimStatus/resourceClaimName").asText("");
  }

  /** Requests for one pod. */
  private final class Sending {
    private final ApiServer server;
    private final BooleanSupplier mayWrite;
    private volatile boolean sent;

    Sending(ApiServer server, BooleanSupplier mayWrite) {
      this.server = server;
      this.mayWrite = mayWrite;
    }

    /** The claim, which is there afterwards. */
    JsonNode claim(DeviceClaim claim) throws IOException, EndException {
      String body = ClaimBodies.claim(claim).toString();
      ApiReply reply = send(Write.CLAIM, ApiRequest.post(claimsPath(claim.pod()), body));
      if (reply.ok()) {
        return reply.json();
      }
      if (reply.status() != CONFLICT) {
        throw refusal(reply);
      }
      return earlier(claim);
    }

    /** A claim that an earlier attempt has made. */
    private JsonNode earlier(DeviceClaim claim) throws IOException, EndException {
      JsonNode object = get(claimPath(claim.pod()));
      if (object.isMissingNode()) {
        throw new EndException(Kind.IN_REMOVAL, "It was removed a moment ago.");
      }
      if (!ClaimBodies.isOf(object, claim.pod().uid())) {
        throw new EndException(
            Kind.REFUSED, "The ResourceClaim " + claimPath(claim.pod()) + " is not the pod's.");
      }
      boolean deleting = object.at("/metadata").has("deletionTimestamp");
      boolean wanted = ClaimBodies.isAllocated(object, claim);
      if (!wanted && ClaimBodies.isSharedWithOthers(object, claim.pod().uid())) {
        throw new EndException(Kind.REFUSED, "Another pod uses its devices.");
      }
      if (deleting && !wanted) {
        throw new EndException(Kind.IN_REMOVAL, "It is being deleted.");
      }
      if (!ClaimBodies.asksSame(object, claim)) {
        remove(claim.pod());
        throw new EndException(Kind.IN_REMOVAL, "It asked for other devices.");
      }
      return object;
    }

    void allocation(DeviceClaim claim, JsonNode object, DeviceClasses.Known known)
        throws IOException, EndException {
      if (ClaimBodies.isAllocated(object, claim)) {
        return;
      }
      JsonNode metadata = object.path("metadata");
      if (!object.at("/status/allocation").isMissingNode()) {
        clear(claim.pod(), metadata);
      }
      String uid = metadata.path("uid").asText("");
      patch(
          Write.ALLOCATION,
          claimPath(claim.pod()) + "/status",
          ApiRequest.MERGE_PATCH,
          ClaimBodies.allocation(claim, uid, known, shareId).toString());
    }

    private void clear(PodView.Ref pod, JsonNode metadata) throws IOException, EndException {
      patch(
          Write.CLEAR,
          claimPath(pod) + "/status",
          ApiRequest.MERGE_PATCH,
          ClaimBodies.cleared(metadata).toString());
    }

    /** The field of the pod, which must be there in the answer. */
    void name(DeviceClaim claim) throws IOException, EndException {
      PodView.Ref pod = claim.pod();
      String mine = ClaimBodies.name(pod.uid());
      ApiReply reply = field(claim, "");
      if (reply.status() == INVALID) {
        JsonNode read = get(podPath(pod));
        if (!read.at("/metadata/uid").asText("").equals(pod.uid())) {
          throw new EndException(Kind.POD_GONE, "The pod is gone.");
        }
        String named = named(read);
        if (!named.isEmpty() && !named.equals(mine)) {
          throw new EndException(Kind.OF_ANOTHER, "The pod names the ResourceClaim " + named + ".");
        }
        reply = named.isEmpty() ? reply : field(claim, mine);
      }
      if (!reply.ok()) {
        throw refusal(reply);
      }
      if (!named(reply.json()).equals(mine)) {
        throw new EndException(Kind.DROPPED, "The answer lacks extendedResourceClaimStatus.");
      }
    }

    private ApiReply field(DeviceClaim claim, String before) throws IOException, EndException {
      String path = podPath(claim.pod()) + "/status";
      String patch = ClaimBodies.fieldPatch(claim.pod().uid(), before, ClaimBodies.field(claim));
      return send(Write.POD, ApiRequest.patch(path, ApiRequest.JSON_PATCH, patch));
    }

    /** Takes devices and reservation from the claim of a pod alone, and deletes it. */
    void remove(PodView.Ref pod) throws IOException, EndException {
      JsonNode object = get(claimPath(pod));
      if (object.isMissingNode()
          || !ClaimBodies.isOf(object, pod.uid())
          || ClaimBodies.isSharedWithOthers(object, pod.uid())) {
        return;
      }
      boolean allocated = !object.at("/status/allocation").isMissingNode();
      if (allocated || !object.at("/status/reservedFor").isEmpty()) {
        clear(pod, object.path("metadata"));
      }
      String options = ClaimBodies.deletion(object.at("/metadata/uid").asText(""));
      ApiReply reply = send(Write.DELETE, ApiRequest.delete(claimPath(pod), options));
      if (!reply.ok() && reply.status() != NOT_FOUND && reply.status() != CONFLICT) {
        throw refusal(reply);
      }
    }

    JsonNode get(String path) throws IOException, EndException {
      ApiReply reply = server.send(ApiRequest.get(path, Map.of()));
      if (reply.status() == NOT_FOUND) {
        return MissingNode.getInstance();
      }
      if (!reply.ok()) {
        throw refusal(reply);
      }
      return reply.json();
    }

    /** The object as it is afterwards. */
    JsonNode patch(Write write, String path, String type, String body)
        throws IOException, EndException {
      ApiReply reply = send(write, ApiRequest.patch(path, type, body));
      if (!reply.ok()) {
        throw refusal(reply);
      }
      return reply.json();
    }

    private ApiReply send(Write write, ApiRequest request) throws IOException, EndException {
      if (!mayWrite.getAsBoolean()) {
        throw new EndException(Kind.NOT_OURS, "The lease to bind did not last until it was sent.");
      }
      try {
        ApiReply reply = server.send(request.within(BindingLease.CALL));
        sent = true;
        metrics.count(Metric.CLAIM_WRITES, write.word(), reply.ok() ? "done" : "refused");
        return reply;
      } catch (IOException e) {
        sent = sent || !(e instanceof ConnectException);
        metrics.count(Metric.CLAIM_WRITES, write.word(), "failed");
        throw e;
      }
    }
  }

  private static EndException refusal(ApiReply reply) {
    String text = reply.problem();
    Kind kind =
        switch (reply.status()) {
          case FORBIDDEN -> forbidden(text);
          case NOT_FOUND -> Kind.POD_GONE;
          case CONFLICT, TOO_MANY_REQUESTS -> Kind.IN_REMOVAL;
          case INVALID -> invalid(text);
          default -> reply.status() >= SERVER_ERRORS ? Kind.UNKNOWN : Kind.REFUSED;
        };
    return new EndException(kind, text);
  }

  /** Quota, admission policies and missing rights have one status. */
  private static Kind forbidden(String text) {
    if (text.contains("quota")) {
      return Kind.OVER_QUOTA;
    }
    return text.contains(" cannot ") ? Kind.FORBIDDEN : Kind.REFUSED;
  }

  /**
   * The API server calls it invalid where the right to resourceclaims/binding is missing, and where
   * the claim is being deleted.
   */
  private static Kind invalid(String text) {
    if (text.contains("deletionTimestamp")) {
      return Kind.IN_REMOVAL;
    }
    return text.contains("resourceclaims/binding") ? Kind.FORBIDDEN : Kind.REFUSED;
  }
}
