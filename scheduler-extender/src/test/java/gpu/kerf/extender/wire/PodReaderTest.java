package gpu.kerf.extender.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What a pod says of its end. */
class PodReaderTest {
  private static final String RUNS = "{'name':'c','state':{'running':{'startedAt':'x'}}}";
  private static final String WAITS = "{'name':'c','state':{'waiting':{'reason':'x'}}}";
  private static final String ENDED =
      "{'name':'c','lastState':{'running':{}},'state':{'terminated':{'exitCode':0}}}";

  private static PodView read(String deletion, String status) {
    String json =
        """
        {'metadata':{'namespace':'ml','name':'p','uid':'1' %s},
         'spec':{'nodeName':'a','terminationGracePeriodSeconds':45,
          'containers':[{'name':'c'},{'name':'d'}]},
         'status':{%s}}\
        """
            .formatted(deletion, status)
            .replace('\'', '"');
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      return PodReader.readDocument(parser);
    } catch (IOException | WireException e) {
      throw new AssertionError(json, e);
    }
  }

  private static PodView leaving(String status) {
    return read(
        ",'deletionTimestamp':'2026-01-01T00:00:00Z','deletionGracePeriodSeconds':45", status);
  }

  private static String containers(String one, String other) {
    return "'phase':'Running','containerStatuses':[" + one + "," + other + "]";
  }

  @Test
  void thePodGroupOfAPodIsRead() throws IOException, WireException {
    String json = "{\"spec\":{\"schedulingGroup\":{\"podGroupName\":\"g\",\"more\":{\"a\":[1]}}}}";
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      assertThat(PodReader.readDocument(parser).schedulingGroup()).isEqualTo("g");
    }
    assertThat(read("", "").schedulingGroup()).isEmpty();
  }

  @Test
  void theDeliveryThatItsNodeSelectorNamesIsRead() throws IOException, WireException {
    String json =
        "{\"spec\":{\"nodeSelector\":{\"zone\":\"a\",\"kerf.gpu/delivery\":\"hami-mig\"}}}";
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      assertThat(PodReader.readDocument(parser).delivery()).isEqualTo("hami-mig");
    }
    assertThat(read("", "").delivery()).isEmpty();
  }

  @Test
  void thatAClaimWasMadeForItsResourcesIsRead() throws IOException, WireException {
    String json =
        "{\"status\":{\"extendedResourceClaimStatus\":{\"resourceClaimName\":\"c\","
            + "\"requestMappings\":[{\"containerName\":\"main\"}]}}}";
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      assertThat(PodReader.readDocument(parser).resourceClaim()).isEqualTo("c");
    }
    assertThat(read("", "").resourceClaim()).isEmpty();
  }

  @Test
  void theClaimsOfAPodAreReadWithTheObjectsThatWereMadeOfThem() throws IOException, WireException {
    String json =
        """
        {"status":{"resourceClaimStatuses":[{"name":"made","resourceClaimName":"p-made-x"},
          {"name":"none"}]},
         "spec":{"resourceClaims":[{"name":"named","resourceClaimName":"mine"},
          {"name":"made","resourceClaimTemplateName":"t"},
          {"name":"none","resourceClaimTemplateName":"t"},
          {"name":"later","resourceClaimTemplateName":"u","more":[1]}]}}\
        """;
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      assertThat(PodReader.readDocument(parser).claims())
          .containsExactly(
              new PodView.Claim("named", "mine", ""),
              new PodView.Claim("made", "p-made-x", "t"),
              new PodView.Claim("later", "", "u"));
    }
    assertThat(read("", "").claims()).isEmpty();
  }

  @Test
  void theDeadlineOfAPodIsRead() throws IOException, WireException {
    String json = "{\"spec\":{\"activeDeadlineSeconds\":7200}}";
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      assertThat(PodReader.readDocument(parser).deadlineSeconds()).isEqualTo(7200);
    }
    assertThat(read("", "").deadlineSeconds()).isZero();
  }

  @Test
  void thatAnEvictionIsAnnouncedIsRead() {
    String condition =
        "'conditions':[{'type':'kerf.gpu/EvictionAnnounced','status':'%s','message':'m'}]";
    assertThat(read("", condition.formatted("True")).evictionAnnounced()).isTrue();
    assertThat(read("", condition.formatted("False")).evictionAnnounced()).isFalse();
  }

  @Test
  void aPodThatIsOverHasEnded() {
    PodView pod = read("", "'phase':'Succeeded','containerStatuses':[" + ENDED + "," + ENDED + "]");
    assertThat(pod.phase()).isEqualTo(PodView.Phase.OVER);
    assertThat(pod.ended()).isTrue();
  }

  @Test
  void whenAPodWasBoundAndWhenItsLastContainerEndedIsRead() {
    String bound =
        "'conditions':[{'type':'PodScheduled','status':'%s','lastTransitionTime':'2026-01-01T00:00:07Z'}],";
    String ends =
        "'phase':'%s','containerStatuses':[{'name':'c','state':{'terminated':{'exitCode':1,'finishedAt':'2026-01-01T00:01:09Z'}}},"
            + "{'name':'d','state':{'terminated':{'finishedAt':'2026-01-01T00:00:30Z','message':'x'}}}]";
    PodView over = read("", bound.formatted("True") + ends.formatted("Failed"));
    assertThat(over.boundMillis()).isEqualTo(1_767_225_607_000L);
    assertThat(over.endedMillis()).isEqualTo(1_767_225_669_000L);
    assertThat(leaving(ends.formatted("Running")).endedMillis()).isEqualTo(over.endedMillis());
    PodView restarts = read("", bound.formatted("False") + ends.formatted("Running"));
    assertThat(restarts.boundMillis()).isZero();
    assertThat(restarts.endedMillis()).as("its containers may start again").isZero();
    assertThat(read("", "'phase':'Failed','reason':'OutOfcpu'").endedMillis()).isZero();
  }

  @Test
  void aPodThatTheKubeletRefusedHasEndedWithoutAnyStatus() {
    assertThat(read("", "'phase':'Failed','reason':'OutOfcpu'").ended()).isTrue();
  }

  @Test
  void aPodIsNotOverWhileAContainerIsReportedRunningInAnyPhase() {
    PodView pod = read("", "'phase':'Failed','containerStatuses':[" + ENDED + "," + RUNS + "]");
    assertThat(pod.phase()).isEqualTo(PodView.Phase.RUNNING);
    assertThat(pod.ended()).isFalse();
    String sidecar = "'phase':'Failed','initContainerStatuses':[" + RUNS + "]";
    assertThat(read("", sidecar).ended()).isFalse();
    String debugger = "'phase':'Failed','ephemeralContainerStatuses':[" + RUNS + "]";
    assertThat(read("", debugger).ended()).isFalse();
  }

  @Test
  void aPodOnItsWayOutHasEndedWhenAllItsContainersHave() {
    assertThat(leaving(containers(ENDED, ENDED)).ended()).isTrue();
    assertThat(leaving(containers(ENDED, RUNS)).ended()).isFalse();
    assertThat(leaving(containers(ENDED, WAITS)).ended()).isFalse();
    assertThat(leaving("'phase':'Running','containerStatuses':[" + ENDED + "]").ended()).isFalse();
    assertThat(leaving("'phase':'Running'").ended()).isFalse();
  }

  @Test
  void aPodThatStaysMayStartItsContainersAgain() {
    assertThat(read("", containers(ENDED, ENDED)).ended()).isFalse();
  }

  @Test
  void theLongerGracePeriodCounts() {
    assertThat(read("", "").graceSeconds()).isEqualTo(45);
    assertThat(read(",'deletionGracePeriodSeconds':0", "").graceSeconds()).isEqualTo(45);
    assertThat(read(",'deletionGracePeriodSeconds':600", "").graceSeconds()).isEqualTo(600);
    assertThat(read(",'deletionGracePeriodSeconds':99999999999999999999", "").graceSeconds())
        .isEqualTo(Long.MAX_VALUE);
  }
}
