package gpu.kerf.extender.cluster.kubernetes.writing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.ClaimResult;
import gpu.kerf.extender.cluster.ClaimResult.Kind;
import gpu.kerf.extender.cluster.DeviceClaim;
import gpu.kerf.extender.cluster.DeviceClaim.Device;
import gpu.kerf.extender.cluster.DeviceClaim.Mapping;
import gpu.kerf.extender.cluster.DeviceClaim.Request;
import gpu.kerf.extender.cluster.kubernetes.calling.JvmThreads;
import gpu.kerf.extender.cluster.kubernetes.calling.Threads;
import gpu.kerf.extender.cluster.kubernetes.calling.TwoAtATime;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.wire.PodView;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A request for a claim that is lost, before it is carried out or after it. */
class ClaimFaultsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final PodView.Ref POD = new PodView.Ref("ml", "p", "u");

  private static final TwoAtATime LATER_FIRST =
      (first, second) -> TwoAtATime.IN_TURN.run(second, first);

  private final SmallClaimServer server = new SmallClaimServer();
  private final ClaimWriter writer = writer(TwoAtATime.IN_TURN);

  private static ClaimWriter writer(TwoAtATime beside) {
    return new ClaimWriter(new DeviceClasses(() -> 0), new Metrics(), () -> "id", beside);
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
    for (TwoAtATime order : List.of(TwoAtATime.IN_TURN, LATER_FIRST)) {
      for (String device : List.of("a", "b")) {
        server.claim = null;
        server.pod.withObject("/status").remove("extendedResourceClaimStatus");
        server.lose(write, carriedOut);
        assertThat(writer(order).write(server, claim("a"), () -> true).kind())
            .isEqualTo(Kind.UNKNOWN);
        server.lose(-1, false);
        assertThat(write(device)).isEqualTo(ClaimResult.WRITTEN);
        assertAllocated(device);
      }
    }
  }

  @Test
  void whatMayStillBeCarriedOutCountsMoreThanARefusal() {
    server.dropsField = true;
    server.lose(1, false);
    assertThat(write("a").kind()).isEqualTo(Kind.UNKNOWN);
  }

  @Test
  void theThirdWriteIsOnItsWayWhileTheSecondIs() throws Exception {
    CyclicBarrier bothUnderWay = new CyclicBarrier(2);
    server.beforeStatus =
        () -> {
          try {
            bothUnderWay.await(Await.LONG.toSeconds(), TimeUnit.SECONDS);
          } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new IllegalStateException(e);
          }
        };
    Threads threads = new JvmThreads();
    try (Threads.Pool pool = threads.pool("field", 1, 1)) {
      ClaimWriter both = writer(TwoAtATime.on(threads, pool));
      assertThat(both.write(server, claim("a"), () -> true)).isEqualTo(ClaimResult.WRITTEN);
    }
    assertAllocated("a");
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
    assertThat(writer.abandon(server, POD, () -> true)).isEqualTo(Abandoned.DONE);
    assertThat(server.claim).isNull();
    assertThat(server.pod.at("/status/extendedResourceClaimStatus").isMissingNode()).isTrue();
  }

  @Test
  void aFieldThatTheApiServerKeepsIsSaidToStayAndTakesTheNextClaim() throws IOException {
    server.keepsField = true;
    assertThat(write("a")).isEqualTo(ClaimResult.WRITTEN);
    assertThat(writer.abandon(server, POD, () -> true)).isEqualTo(Abandoned.STILL_NAMED);
    assertThat(server.claim).isNull();
    assertThat(write("b")).isEqualTo(ClaimResult.WRITTEN);
    assertAllocated("b");
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
    assertThat(writer.abandon(server, POD, () -> true)).isEqualTo(Abandoned.DONE);
    assertThat(server.claim).isNotNull();
  }

  @Test
  void devicesThatAnotherPodUsesTooAreNeverTakenFromIt() throws IOException {
    assertThat(write("a")).isEqualTo(ClaimResult.WRITTEN);
    server.claimUsedBy("q");
    assertThat(write("a")).as("the pod gets what it was given").isEqualTo(ClaimResult.WRITTEN);
    assertThat(write("b").kind()).isEqualTo(Kind.REFUSED);
    assertAllocated("a");
    assertThat(writer.abandon(server, POD, () -> true)).isEqualTo(Abandoned.DONE);
    assertThat(server.pod.at("/status/extendedResourceClaimStatus").isMissingNode()).isTrue();
    assertThat(String.valueOf(server.claim)).contains("\"device\":\"a\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{'op':'remove','path':'/metadata/finalizers'}]",
        "[{'op':'remove','path':'/metadata/annotations'}]",
        "[{'op':'add','path':'/spec/devices/requests/0/exactly/adminAccess','value':true}]",
        "[{'op':'add','path':'/spec/devices/requests/0/exactly/tolerations','value':[{}]}]"
      })
  void aClaimThatAUserMadeFirstIsReplacedUnlessItIsWhatKerfWouldMake(String change)
      throws Exception {
    ObjectNode made = ClaimBodies.claim(claim("a"));
    made.withObject("/metadata").put("uid", "of-a-user");
    server.claim = made.deepCopy();
    assertThat(write("a")).isEqualTo(ClaimResult.WRITTEN);
    server.pod.withObject("/status").remove("extendedResourceClaimStatus");

    server.claim = (ObjectNode) changed(made, JSON.readTree(change.replace('\'', '"')));
    assertThat(write("a").kind()).isEqualTo(Kind.IN_REMOVAL);
    assertThat(server.claim).isNull();
    assertThat(write("a")).isEqualTo(ClaimResult.WRITTEN);
    assertAllocated("a");
  }

  private static JsonNode changed(ObjectNode object, JsonNode patch) {
    ObjectNode copy = object.deepCopy();
    for (JsonNode each : patch) {
      String path = each.path("path").asText();
      String field = path.substring(path.lastIndexOf('/') + 1);
      ObjectNode parent = (ObjectNode) copy.at(path.substring(0, path.lastIndexOf('/')));
      if (each.path("op").asText().equals("remove")) {
        parent.remove(field);
      } else {
        parent.set(field, each.path("value"));
      }
    }
    return copy;
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
