package gpu.kerf.extender.cluster.kubernetes.writing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.ClaimResult;
import gpu.kerf.extender.cluster.ClaimResult.Kind;
import gpu.kerf.extender.cluster.DeviceClaim;
import gpu.kerf.extender.cluster.DeviceClaim.Device;
import gpu.kerf.extender.cluster.DeviceClaim.Mapping;
import gpu.kerf.extender.cluster.DeviceClaim.Request;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiStream;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.wire.PodView;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A request for a claim that is lost, before it is carried out or after it. */
class ClaimFaultsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final PodView.Ref POD = new PodView.Ref("ml", "p", "u");
  private static final String CLAIM =
      "/apis/resource.k8s.io/v1/namespaces/ml/resourceclaims/kerf-u";

  private final SmallServer server = new SmallServer();
  private final ClaimWriter writer =
      new ClaimWriter(new DeviceClasses(() -> 0), new Metrics(), () -> "id");

  /** As much of an API server as a claim needs; a lost request fails as one without an answer. */
  private static final class SmallServer implements ApiServer {
    private final List<String> sent = new ArrayList<>();
    private final ObjectNode pod = JSON.createObjectNode();
    private @Nullable ObjectNode claim;
    private boolean dropsField;
    private int lost = -1;
    private boolean carriedOut;
    private int writes;

    SmallServer() {
      pod.putObject("metadata").put("uid", "u");
      pod.putObject("spec");
      pod.putObject("status").put("phase", "Pending");
    }

    /** Loses one of the following writes, counted from 0. */
    void lose(int write, boolean after) {
      writes = 0;
      lost = write;
      carriedOut = after;
    }

    @Override
    public ApiReply send(ApiRequest request) throws IOException {
      sent.add(request.method() + " " + request.path());
      if (request.method().equals("GET")) {
        return read(request.path());
      }
      boolean lose = writes++ == lost;
      if (lose && !carriedOut) {
        throw new SocketTimeoutException("lost on its way");
      }
      ApiReply reply = write(request);
      if (lose) {
        throw new SocketTimeoutException("its answer is lost");
      }
      return reply;
    }

    private ApiReply read(String path) {
      if (path.endsWith("/deviceclasses")) {
        return reply(200, "{\"items\":[{\"metadata\":{\"name\":\"mig.nvidia.com\"},\"spec\":{}}]}");
      }
      if (path.equals(CLAIM)) {
        return claim == null ? reply(404, "{}") : reply(200, claim.toString());
      }
      return reply(200, pod.toString());
    }

    private ApiReply write(ApiRequest request) throws IOException {
      JsonNode body = JSON.readTree(request.body());
      switch (request.method()) {
        case "POST" -> {
          if (claim != null) {
            return reply(409, "{\"message\":\"already exists\"}");
          }
          claim = (ObjectNode) body;
          claim.withObject("/metadata").put("uid", "c").put("resourceVersion", "1");
          return reply(201, claim.toString());
        }
        case "DELETE" -> {
          claim = null;
          return reply(200, "{}");
        }
        default -> {
          return request.path().startsWith(CLAIM) ? allocation(body) : field(body);
        }
      }
    }

    private ApiReply allocation(JsonNode body) {
      if (claim == null) {
        return reply(404, "{}");
      }
      boolean allocated = claim.at("/status/allocation").isObject();
      boolean clears = body.at("/status/allocation").isNull();
      if (allocated
          && !clears
          && !claim.at("/status/allocation").equals(body.at("/status/allocation"))) {
        return reply(422, "{\"message\":\"field is immutable\"}");
      }
      claim.set("status", clears ? JSON.createObjectNode() : body.path("status"));
      return reply(200, claim.toString());
    }

    private ApiReply field(JsonNode steps) {
      String now = pod.at("/status/extendedResourceClaimStatus/resourceClaimName").asText("");
      String wanted = steps.path(1).path("value").asText("");
      if (!now.equals(wanted.equals("null") ? "" : wanted)) {
        return reply(422, "{\"message\":\"testing path failed\"}");
      }
      ObjectNode status = pod.withObject("/status");
      if (steps.path(2).path("op").asText().equals("remove")) {
        status.remove("extendedResourceClaimStatus");
      } else if (!dropsField) {
        status.set("extendedResourceClaimStatus", steps.path(2).path("value"));
      }
      return reply(200, pod.toString());
    }

    private static ApiReply reply(int status, String body) {
      return new ApiReply(status, body.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String address() {
      return "test";
    }

    @Override
    public ApiReply send(ApiRequest request, Duration limit) throws IOException {
      return send(request);
    }

    @Override
    public ApiStream stream(ApiRequest request) throws IOException {
      throw new IOException("there are no streams");
    }

    @Override
    public Duration silence() {
      return Duration.ofSeconds(1);
    }

    @Override
    public void close() {}
  }

  private static DeviceClaim claim(String device) {
    return new DeviceClaim(
        POD,
        "n0",
        List.of(
            new Request(
                "container-0-request-0",
                "mig.nvidia.com",
                List.of(new Device("gpu.nvidia.com", "n0", device, 0)))),
        List.of(new Mapping("main", "kerf.gpu/memory", "container-0-request-0")));
  }

  private ClaimResult write(String device) {
    return writer.write(server, claim(device), () -> true);
  }

  private void assertAllocated(String device) {
    JsonNode claim = server.claim == null ? JsonNodeFactory.instance.nullNode() : server.claim;
    assertThat(claim.at("/status/allocation/devices/results"))
        .extracting(each -> each.path("device").asText())
        .containsExactly(device);
    assertThat(server.pod.at("/status/extendedResourceClaimStatus/resourceClaimName").asText())
        .isEqualTo("kerf-u");
  }

  @ParameterizedTest
  @CsvSource({"0,false", "0,true", "1,false", "1,true", "2,false", "2,true"})
  void aRetryOnTheSameOrOnAnotherDeviceGoesOnFromEveryWrite(int write, boolean carriedOut) {
    for (String device : List.of("a", "b")) {
      server.claim = null;
      server.pod.withObject("/status").remove("extendedResourceClaimStatus");
      server.lose(write, carriedOut);
      assertThat(write("a").kind()).isEqualTo(Kind.UNKNOWN);
      server.lose(-1, false);
      assertThat(write(device)).isEqualTo(ClaimResult.WRITTEN);
      assertAllocated(device);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void whatIsLostWhileItIsGivenUpIsGivenUpByTheNextAttempt(int write) throws IOException {
    assertThat(write("a")).isEqualTo(ClaimResult.WRITTEN);
    server.lose(write, false);
    boolean[] failed = {false};
    try {
      writer.abandon(server, POD, () -> true);
    } catch (IOException lost) {
      failed[0] = true;
    }
    assertThat(failed[0]).isTrue();
    server.lose(-1, false);
    assertThat(writer.abandon(server, POD, () -> true)).isTrue();
    assertThat(server.claim).isNull();
    assertThat(server.pod.at("/status/extendedResourceClaimStatus").isMissingNode()).isTrue();
  }

  @Test
  void aFieldThatIsDroppedIsFoundInTheAnswer() {
    server.dropsField = true;
    assertThat(write("a").kind()).isEqualTo(Kind.DROPPED);
  }

  @Test
  void whoMayNotWriteAnyMoreSendsNothing() {
    ClaimResult result = writer.write(server, claim("a"), () -> false);
    assertThat(result.kind()).isEqualTo(Kind.NOT_OURS);
    assertThat(server.sent).noneMatch(each -> !each.startsWith("GET"));
  }

  @Test
  void aClaimOfThatNameThatIsNotThePodsIsLeftAlone() throws IOException {
    server.claim =
        (ObjectNode)
            JSON.readTree(
                "{\"metadata\":{\"name\":\"kerf-u\",\"uid\":\"c\"},\"spec\":{\"devices\":{}}}");
    assertThat(write("a").kind()).isEqualTo(Kind.REFUSED);
    assertThat(writer.abandon(server, POD, () -> true)).isTrue();
    assertThat(server.claim).isNotNull();
  }

  @Test
  void aClaimThatAsksForOtherDevicesIsRemovedAndMadeAnew() {
    write("a");
    DeviceClaim two =
        new DeviceClaim(
            POD,
            "n0",
            List.of(
                new Request(
                    "container-0-request-0",
                    "mig.nvidia.com",
                    List.of(
                        new Device("gpu.nvidia.com", "n0", "a", 0),
                        new Device("gpu.nvidia.com", "n0", "b", 0)))),
            claim("a").mappings());
    assertThat(writer.write(server, two, () -> true).kind()).isEqualTo(Kind.IN_REMOVAL);
    assertThat(writer.write(server, two, () -> true)).isEqualTo(ClaimResult.WRITTEN);
  }
}
