package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;

/** The API server as one replica reaches it. */
final class ReplicaConnection implements ApiServer {
  /** The defaults of the settings. */
  private static final Duration CALL = Duration.ofMillis(1_900);

  static final Duration RENEWAL = Duration.ofSeconds(30);
  private static final Duration SILENCE = Duration.ofSeconds(45);

  /** What the API server itself allows a request that names no time limit. */
  private static final Duration LONGEST = Duration.ofSeconds(60);

  private final VirtualTime timeline;
  private final Fibers fibers;
  private final SimulatedProcess process;
  private final ApiStore store;
  private final ApiFrontend frontend;
  private final Link link;
  private final Story story;

  /** What a connection runs in. */
  record Environment(
      VirtualTime timeline, Fibers fibers, ApiStore store, ApiFrontend api, Story story) {}

  ReplicaConnection(Environment environment, SimulatedProcess process, Link link) {
    this.timeline = environment.timeline;
    this.fibers = environment.fibers;
    this.store = environment.store;
    this.frontend = environment.api;
    this.story = environment.story;
    this.process = process;
    this.link = link;
  }

  @Override
  public String address() {
    return "https://simulated";
  }

  @Override
  public ApiReply send(ApiRequest request) throws IOException {
    return send(request, CALL);
  }

  @Override
  public ApiReply send(ApiRequest request, Duration limit) throws IOException {
    Fibers.Parked parked = fibers.prepare();
    timeline.resumeAfter(
        limit.toNanos(), process, parked, new SocketTimeoutException("no answer in time"));
    if (link.cut) {
      if (link.random().nextBoolean()) {
        timeline.resumeAfter(
            link.latency(), process, parked, new ConnectException("no route to host"));
      }
    } else if (mayBeLost(request)) {
      sendWrite(request, parked);
    } else if (request.path().endsWith("/eviction") && link.draws(link.lostEvictions)) {
      lose(request, parked);
    } else if (isOfClaim(request)) {
      sendClaim(request, parked);
    } else if (opensGate(request)) {
      sendGate(request, parked);
    } else {
      timeline.after(link.latency(), null, () -> reply(answer(request), parked));
    }
    ApiReply reply = await(parked);
    if (request.path().equals(ObjectKind.CLAIM.path()) && request.query().containsKey("limit")) {
      heardList(reply);
    }
    return reply;
  }

  /** The last page of a list has come. */
  private void heardList(ApiReply reply) throws IOException {
    JsonNode metadata = Stored.JSON.readTree(reply.body()).path("metadata");
    if (reply.ok() && metadata.path("continue").asText("").isEmpty()) {
      heardClaims(metadata.path("resourceVersion").asLong());
    }
  }

  /** This process has heard of all claims up to a revision. */
  void heardClaims(long revision) {
    frontend.heardClaims(process.name(), revision);
  }

  private ApiReply await(Fibers.Parked parked) throws IOException {
    Object what;
    try {
      what = fibers.park(parked);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
    if (what instanceof IOException failure) {
      throw failure;
    }
    if (what instanceof ApiReply reply) {
      return reply;
    }
    throw new IOException("the connection was closed");
  }

  private void reply(ApiReply reply, Fibers.Parked parked) {
    if (!link.cut) {
      timeline.resumeAfter(link.latency(), process, parked, reply);
    }
  }

  private ApiReply answer(ApiRequest request) {
    if (link.draws(link.errors)) {
      return refusal();
    }
    return frontend.answer(request, process.name());
  }

  private ApiReply refusal() {
    return switch (link.random().nextInt(3)) {
      case 0 -> ApiFrontend.status(429, "TooManyRequests", "the server is busy");
      case 1 -> ApiFrontend.status(500, "InternalError", "etcdserver: leader changed");
      default -> ApiFrontend.status(503, "ServiceUnavailable", "the server is starting");
    };
  }

  /** Bindings, and what is written into the Lease of those who bind. */
  private static boolean mayBeLost(ApiRequest request) {
    return request.path().endsWith("/binding")
        || (request.method().equals("PATCH") && request.path().contains("/leases/"));
  }

  private void sendWrite(ApiRequest request, Fibers.Parked parked) {
    if (link.draws(link.lateBindings)) {
      story.tell("a write of " + process + " is held up: " + request.path());
      timeline.after(latest(request), null, () -> frontend.answer(request, process.name()));
    } else if (link.draws(link.lostBindings)) {
      lose(request, parked);
    } else {
      timeline.after(link.latency(), null, () -> reply(answer(request), parked));
    }
  }

  /** What is written of a claim, and into the field of a pod that names one. */
  private static boolean isOfClaim(ApiRequest request) {
    return !request.method().equals("GET")
        && (request.path().contains("/resourceclaims")
            || request.type().equals(ApiRequest.JSON_PATCH));
  }

  private void sendClaim(ApiRequest request, Fibers.Parked parked) {
    if (link.draws(link.lateClaims)) {
      story.tell("a write of " + process + " is held up: " + request.path());
      timeline.after(latest(request), null, () -> frontend.answer(request, process.name()));
    } else if (link.draws(link.lostClaims)) {
      lose(request, parked);
    } else if (link.draws(link.refusedClaims)) {
      story.tell("a write of " + process + " is refused: " + request.path());
      ApiReply refusal = refusalOfClaim();
      timeline.after(link.latency(), null, () -> reply(refusal, parked));
    } else {
      timeline.after(link.latency(), null, () -> reply(answer(request), parked));
    }
  }

  private ApiReply refusalOfClaim() {
    return switch (link.random().nextInt(4)) {
      case 0 -> ApiFrontend.status(403, "Forbidden", "exceeded quota: gpus");
      case 1 -> ApiFrontend.status(403, "Forbidden", "User \"kerf\" cannot do that");
      case 2 -> ApiFrontend.status(422, "Invalid", "an admission policy denied it");
      default -> ApiFrontend.status(409, "Conflict", "the object has been modified");
    };
  }

  private static boolean opensGate(ApiRequest request) {
    return request.method().equals("PATCH") && request.body().contains("\"schedulingGates\"");
  }

  private void sendGate(ApiRequest request, Fibers.Parked parked) {
    if (link.draws(link.lostGates)) {
      lose(request, parked);
    } else if (link.draws(link.refusedGates)) {
      story.tell("a gate stays, another plugin refuses: " + request.path());
      ApiReply refusal = ApiFrontend.status(403, "Forbidden", "admission webhook denied it");
      timeline.after(link.latency(), null, () -> reply(refusal, parked));
    } else {
      timeline.after(link.latency(), null, () -> reply(answer(request), parked));
    }
  }

  /** The API server carries it out within the limit that the request names, and never later. */
  private long latest(ApiRequest request) {
    Duration limit = request.limit().orElse(LONGEST);
    return link.latency() + link.random().nextLong(limit.toNanos());
  }

  /** Carried out or not, with an error or without a word. */
  private void lose(ApiRequest request, Fibers.Parked parked) {
    int how = link.random().nextInt(4);
    story.tell(
        "an answer to "
            + process
            + " is lost"
            + (how < 2 ? ", it is carried out: " : ", it is not carried out: ")
            + request.path());
    if (how < 2) {
      timeline.after(link.latency(), null, () -> frontend.answer(request, process.name()));
    }
    if (how % 2 == 0) {
      timeline.resumeAfter(
          3 * link.latency(), process, parked, new SocketException("Connection reset"));
    }
  }

  @Override
  public ApiStream stream(ApiRequest request) {
    return new ReplicaStream(this, request);
  }

  @Override
  public Duration silence() {
    return SILENCE;
  }

  Duration call() {
    return CALL;
  }

  VirtualTime timeline() {
    return timeline;
  }

  Fibers fibers() {
    return fibers;
  }

  SimulatedProcess process() {
    return process;
  }

  ApiStore store() {
    return store;
  }

  Link link() {
    return link;
  }

  @Override
  public void close() {
    link.breakStreams();
  }
}
