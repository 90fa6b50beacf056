package gpu.kerf.extender.cluster.kubernetes.objects;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.inventory.DriverPools;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.cluster.kubernetes.watching.Sink;
import gpu.kerf.extender.wire.ClaimFinding;
import gpu.kerf.extender.wire.ClaimFinding.Kind;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Whether the ResourceClaims of pods are of GPUs. */
class ClaimBookTest {
  private static final PodView.Claim NIC = new PodView.Claim("nic", "my-nic", "");

  private long nanos = 17;
  private final ClaimBook book =
      new ClaimBook(new GpuDrivers(Set.of("cards.acme.io"), Set.of("dra.net")), () -> nanos);
  private final Claims claims = new Claims(new DriverPools(), book, pod -> false, node -> {});

  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text.replace('\'', '"'));
    } catch (JsonProcessingException e) {
      throw new AssertionError(text, e);
    }
  }

  private static Meta meta(String name) {
    return new Meta(name.contains("/") ? "" : "ml", name.replace("/", ""), "uid-" + name, "");
  }

  private static <T> void tell(Sink<T> sink, Meta meta, String json) {
    byte[] bytes = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    try {
      sink.put(meta, sink.read(meta, new JsonSlice(bytes, 0, bytes.length)));
    } catch (WireException e) {
      throw new AssertionError(json, e);
    }
  }

  /** A DeviceClass whose selector is of one driver; of none that is said where it is empty. */
  private void deviceClass(String name, String driver) {
    String selector = driver.isEmpty() ? "true" : "device.driver in [\\'%s\\']".formatted(driver);
    String text =
        "{'metadata':{'name':'%s'},'spec':{'selectors':[{'cel':{'expression':'%s'}}]}}"
            .formatted(name, selector);
    tell(book.classes(), meta("/" + name), text);
  }

  private static String asking(String... classes) {
    StringBuilder requests = new StringBuilder();
    for (String each : classes) {
      requests.append(requests.isEmpty() ? "" : ",");
      requests.append("{'name':'r','exactly':{'deviceClassName':'" + each + "'}}");
    }
    return "'spec':{'devices':{'requests':[" + requests + "]}}";
  }

  private void claim(String name, String spec, String... drivers) {
    StringBuilder results = new StringBuilder();
    for (String each : drivers) {
      results.append(results.isEmpty() ? "" : ",");
      results.append("{'request':'r','driver':'" + each + "','pool':'a','device':'d'}");
    }
    String status =
        drivers.length == 0 ? "{}" : "{'allocation':{'devices':{'results':[" + results + "]}}}";
    claims.put(
        meta(name), Claim.read(json("{" + spec + ",'status':" + status + "}"), book.drivers()));
  }

  private ClaimFinding finding(PodView.Claim... ofPod) {
    return book.finding("ml", List.of(ofPod));
  }

  private Kind kind() {
    return finding(NIC).kind();
  }

  @Test
  void theDriversOfAnAllocationDecide() {
    claim("my-nic", asking("anything"), "dra.net");
    assertThat(kind()).isEqualTo(Kind.NO_GPUS);
    claim("my-nic", asking("anything"), "dra.net", "gpu.nvidia.com");
    assertThat(finding(NIC)).isEqualTo(new ClaimFinding(Kind.GPUS, "nic", ""));
    claim("my-nic", asking("anything"), "cards.acme.io");
    assertThat(kind()).as("a driver of the settings").isEqualTo(Kind.GPUS);
    claim("my-nic", asking("gpu-nic"), "dra.net");
    assertThat(kind()).as("the name of its class does not count").isEqualTo(Kind.NO_GPUS);
    claim("my-nic", asking("gpu-nic"), "sriov.acme.io");
    assertThat(kind()).as("here it does").isEqualTo(Kind.GPUS);
  }

  @Test
  void accessForAnAdministratorShowsGpusToo() {
    claims.put(
        meta("my-nic"),
        Claim.read(
            json(
                """
                {'spec':{},'status':{'allocation':{'devices':{'results':[
                  {'request':'r','driver':'gpu.nvidia.com','pool':'a','device':'d',
                   'adminAccess':true}]}}}}\
                """)));
    assertThat(kind()).isEqualTo(Kind.GPUS);
  }

  @Test
  void beforeThatTheDriversOfItsClassesDo() {
    deviceClass("nic", "dra.net");
    deviceClass("whole", "gpu.nvidia.com");
    claim("my-nic", asking("nic"));
    assertThat(finding(NIC)).isEqualTo(ClaimFinding.NO_GPUS);
    claim("my-nic", asking("nic", "whole"));
    assertThat(finding(NIC)).isEqualTo(new ClaimFinding(Kind.GPUS, "nic", "whole"));
  }

  @Test
  void anAlternativeCountsAsARequest() {
    deviceClass("nic", "dra.net");
    deviceClass("whole", "gpu.nvidia.com");
    claim(
        "my-nic",
        """
        'spec':{'devices':{'requests':[{'name':'r','firstAvailable':[
          {'name':'a','deviceClassName':'nic'},{'name':'b','deviceClassName':'whole'}]}]}}\
        """);
    assertThat(kind()).isEqualTo(Kind.GPUS);
  }

  @Test
  void aClassThatDoesNotSayItsDriverIsNotKnownUntilTheAllocation() {
    deviceClass("fast", "");
    claim("my-nic", asking("fast"));
    assertThat(finding(NIC)).isEqualTo(new ClaimFinding(Kind.UNKNOWN, "nic", "fast"));
    claim("my-nic", asking("fast"), "dra.net");
    assertThat(kind()).isEqualTo(Kind.NO_GPUS);
    claim("my-nic", asking("none-of-that-name"));
    assertThat(kind()).isEqualTo(Kind.UNKNOWN);
  }

  @Test
  void selectorsOfTheRequestCountBesideThoseOfTheClass() {
    deviceClass("fast", "");
    claim(
        "my-nic",
        """
        'spec':{'devices':{'requests':[{'name':'r','exactly':{'deviceClassName':'fast',
          'selectors':[{'cel':{'expression':'device.driver == \\"dra.net\\"'}}]}}]}}\
        """);
    assertThat(kind()).isEqualTo(Kind.NO_GPUS);
  }

  @Test
  void aTemplateIsAskedWhereItsClaimIsNotThere() {
    PodView.Claim made = new PodView.Claim("channel", "", "channels");
    assertThat(finding(made).kind()).isEqualTo(Kind.UNKNOWN);
    deviceClass("channel", "compute-domain.nvidia.com");
    tell(book.templates(), meta("channels"), "{'spec':{" + asking("channel") + "}}");
    assertThat(finding(made)).isEqualTo(ClaimFinding.NO_GPUS);
    assertThat(book.finding("other", List.of(made)).kind()).isEqualTo(Kind.UNKNOWN);
    deviceClass("channel", "gpu.nvidia.com");
    assertThat(finding(made)).isEqualTo(new ClaimFinding(Kind.GPUS, "channel", "channel"));
    claim("p-channel-x", asking("channel"), "compute-domain.nvidia.com");
    assertThat(finding(new PodView.Claim("channel", "p-channel-x", "channels")))
        .isEqualTo(ClaimFinding.NO_GPUS);
  }

  @Test
  void oneClaimOfGpusIsEnough() {
    deviceClass("nic", "dra.net");
    deviceClass("whole", "gpu.nvidia.com");
    claim("my-nic", asking("nic"));
    claim("mine", asking("whole"));
    PodView.Claim gpu = new PodView.Claim("gpu", "mine", "");
    PodView.Claim missing = new PodView.Claim("later", "later", "");
    assertThat(finding(missing, NIC, gpu).claim()).isEqualTo("gpu");
    assertThat(finding(NIC, missing)).isEqualTo(new ClaimFinding(Kind.UNKNOWN, "later", ""));
  }

  @Test
  void aClaimThatIsGoneIsNotKnownAnyMore() {
    claim("my-nic", asking("nic"), "dra.net");
    claims.deleted(new Meta("ml", "my-nic", "uid-of-an-older-one", ""));
    assertThat(kind()).isEqualTo(Kind.NO_GPUS);
    claims.deleted(meta("my-nic"));
    assertThat(kind()).isEqualTo(Kind.UNKNOWN);
  }

  @Test
  void aQuestionWaitsForTheAllocationAndNotForEver() {
    CompletableFuture<ClaimFinding> first = settled();
    nanos += Duration.ofMillis(1900).toNanos();
    book.tick();
    assertThat(first).isNotCompleted();
    CompletableFuture<ClaimFinding> second = settled();
    nanos += Duration.ofMillis(200).toNanos();
    book.tick();
    assertThat(first.join().kind()).isEqualTo(Kind.UNKNOWN);
    assertThat(second).isNotCompleted();
    claim("my-nic", asking("fast"), "dra.net");
    assertThat(second.join()).isEqualTo(ClaimFinding.NO_GPUS);
    assertThat(settled().join()).isEqualTo(ClaimFinding.NO_GPUS);
  }

  private CompletableFuture<ClaimFinding> settled() {
    return book.settled("ml", List.of(NIC)).toCompletableFuture();
  }

  @Test
  void aClassMayNotStandForAResourceOfKerfAndShouldNotForOneThatPodsAskKerfFor() {
    assertThat(effect("kerf.gpu/memory")).isEqualTo(DeviceClass.Effect.DELETES_CLAIMS);
    assertThat(effect("kerf.gpu/anything")).isEqualTo(DeviceClass.Effect.DELETES_CLAIMS);
    assertThat(effect("nvidia.com/gpu")).isEqualTo(DeviceClass.Effect.CLAIMS_BESIDE);
    assertThat(effect("nvidia.com/mig-1g.10gb")).isEqualTo(DeviceClass.Effect.CLAIMS_BESIDE);
    assertThat(effect("example.com/nic")).isEqualTo(DeviceClass.Effect.NONE);
    assertThat(effect("")).isEqualTo(DeviceClass.Effect.NONE);
  }

  @Test
  void aResourceThatAClassOfGpusStandsForIsAClaimOfGpus() {
    deviceClass("nic", "dra.net");
    deviceClass("gpu.nvidia.com", "gpu.nvidia.com");
    String implied = "deviceclass.resource.kubernetes.io/";
    assertThat(book.ofResource(implied + "gpu.nvidia.com"))
        .isEqualTo(new ClaimFinding(Kind.GPUS, implied + "gpu.nvidia.com", "gpu.nvidia.com"));
    assertThat(book.ofResource(implied + "nic").kind()).isEqualTo(Kind.NO_GPUS);
    assertThat(book.ofResource(implied + "none").kind()).isEqualTo(Kind.NO_GPUS);
    standing("cards", "example.com/card", "gpu.nvidia.com");
    assertThat(book.ofResource("example.com/card").kind()).isEqualTo(Kind.GPUS);
    standing("cards", "nvidia.com/gpu", "gpu.nvidia.com");
    assertThat(book.ofResource("nvidia.com/gpu").kind())
        .as("for which pods ask Kerf")
        .isEqualTo(Kind.NO_GPUS);
  }

  private void standing(String name, String resource, String driver) {
    String text =
        """
        {'metadata':{'name':'%s'},'spec':{'extendedResourceName':'%s',
         'selectors':[{'cel':{'expression':'device.driver == \\"%s\\"'}}]}}\
        """
            .formatted(name, resource, driver);
    tell(book.classes(), meta("/" + name), text);
  }

  private static DeviceClass.Effect effect(String resource) {
    DeviceClass read =
        DeviceClass.read(
            json("{'metadata':{'name':'c'},'spec':{'extendedResourceName':'" + resource + "'}}"));
    boolean fine = read.effect() == DeviceClass.Effect.NONE;
    assertThat(read.problem().isEmpty()).isEqualTo(fine);
    assertThat(read.hint().isEmpty()).isEqualTo(fine);
    return read.effect();
  }
}
