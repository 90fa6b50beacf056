package gpu.kerf.extender.cluster.kubernetes.objects;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.kubernetes.inventory.DriverPools;
import gpu.kerf.extender.cluster.kubernetes.inventory.Slice;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which GPUs of a node ResourceClaims have. */
class ClaimsTest {
  private static final long ALL = -1L;

  private static final List<GpuSpec> GPUS = List.of(gpu("GPU-0"), gpu("GPU-1"), gpu("GPU-2"));

  private final DriverPools slices = new DriverPools();
  private final Set<String> running = new HashSet<>();
  private final List<String> changed = new ArrayList<>();
  private final Claims claims = new Claims(slices, running::contains, changed::add);

  ClaimsTest() {
    slices.put(
        "s",
        Slice.read(
            json(
                """
                {'spec':{'nodeName':'a','pool':{'name':'pool-a','generation':1},'devices':[
                  {'name':'gpu-0','attributes':{'type':{'string':'gpu'},'uuid':{'string':'GPU-0'}}},
                  {'name':'gpu-1','attributes':{'type':{'string':'gpu'},'uuid':{'string':'GPU-1'}}},
                  {'name':'mig-2','attributes':{'type':{'string':'mig'},
                    'uuid':{'string':'MIG-9'},'parentUUID':{'string':'GPU-2'}}},
                  {'name':'gpu-7','attributes':{'type':{'string':'gpu'},
                    'uuid':{'string':'GPU-7'}}}]}}\
                """)));
  }

  private static GpuSpec gpu(String uuid) {
    var h100 = Objects.requireNonNull(GpuCatalog.builtIn().find("H100-80GB", 0));
    return new GpuSpec(uuid, h100, h100.memoryMiB(), GpuMode.PLAIN, List.of());
  }

  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text.replace('\'', '"'));
    } catch (JsonProcessingException e) {
      throw new AssertionError(text, e);
    }
  }

  private static Meta meta(String uid) {
    return new Meta("ml", "claim-" + uid, uid, "");
  }

  private static String result(String driver, String pool, String device) {
    return "{'request':'r','driver':'%s','pool':'%s','device':'%s'}"
        .formatted(driver, pool, device);
  }

  private static String nvidia(String device) {
    return result("gpu.nvidia.com", "pool-a", device);
  }

  private void claim(String uid, String results, String... pods) {
    StringBuilder users = new StringBuilder();
    for (String pod : pods) {
      users.append(users.isEmpty() ? "" : ",").append("{'resource':'pods','uid':'" + pod + "'}");
    }
    claims.put(
        meta(uid),
        Claim.read(
            json(
                "{'spec':{'devices':{'requests':[{'name':'r','exactly':{'deviceClassName':'c'}}]}},"
                    + "'status':{'allocation':{'devices':{'results':["
                    + results
                    + "]}},'reservedFor':["
                    + users
                    + "]}}")));
  }

  private void deallocated(String uid) {
    claims.put(meta(uid), Claim.read(json("{'spec':{},'status':{}}")));
  }

  private long onA() {
    return claims.on(NodeSpec.of("a", GPUS)).gpus();
  }

  @Test
  void theGpuOfADeviceIsUsedFromTheAllocationOfItsClaimToItsEnd() {
    claim("1", nvidia("gpu-1"));
    assertThat(onA()).isEqualTo(0b010);
    assertThat(changed).containsExactly("a");
    deallocated("1");
    assertThat(onA()).isZero();
    assertThat(changed).containsExactly("a", "a");
  }

  @Test
  void aClaimThatIsDeletedHasNothing() {
    claim("1", nvidia("gpu-1") + "," + nvidia("gpu-0"));
    assertThat(onA()).isEqualTo(0b011);
    claims.deleted(meta("1"));
    assertThat(onA()).isZero();
  }

  @Test
  void aMigInstanceMakesItsWholeGpuForeign() {
    claim("1", nvidia("mig-2"));
    assertThat(onA()).isEqualTo(0b100);
  }

  @Test
  void whatCannotBeMadeOutMakesTheWholeNodeForeign() {
    claim("1", nvidia("gpu-5"));
    assertThat(onA()).as("a device that no slice lists").isEqualTo(ALL);
    deallocated("1");
    claim("2", nvidia("gpu-7"));
    assertThat(onA()).as("a GPU that is not in the node's inventory").isEqualTo(ALL);
    deallocated("2");
    claim("3", result("gpu.nvidia.com", "a", "gpu-0"));
    assertThat(onA()).as("a pool of the node's name without slices").isEqualTo(ALL);
    deallocated("3");
    claim("4", result("gpu.example.com", "a", "x"));
    assertThat(onA()).as("a driver of GPUs that is not known").isEqualTo(ALL);
  }

  @Test
  void anUnknownDriverIsOneOfGpusIfTheClassThatWasAskedForIs() {
    Claim claim =
        Claim.read(
            json(
                """
                {'spec':{'devices':{'requests':[
                  {'name':'r','firstAvailable':[{'name':'big','deviceClassName':'mig.acme.io'}]}]}},
                 'status':{'allocation':{'devices':{'results':[
                  {'request':'r/big','driver':'acme.io','pool':'a','device':'x'}]}}}}\
                """));
    assertThat(claim.devices()).containsExactly(new Claim.Device("acme.io", "a", "x"));
    Claim beta =
        Claim.read(
            json(
                """
                {'spec':{'devices':{'requests':[{'name':'r','deviceClassName':'gpu.acme.io'}]}},
                 'status':{'allocation':{'devices':{'results':[
                  {'request':'r','driver':'acme.io','pool':'a','device':'x'}]}}}}\
                """));
    assertThat(beta.devices()).as("as v1beta1 writes it").hasSize(1);
  }

  @Test
  void devicesThatAreNoGpusAndOtherNodesAreOfNoInterest() {
    claim(
        "1",
        result("compute-domain.nvidia.com", "a", "channel-0")
            + ","
            + result("dra.net", "a", "eth1")
            + ","
            + result("gpu.nvidia.com", "b", "gpu-0"));
    assertThat(onA()).isZero();
  }

  @Test
  void accessForAnAdministratorTakesNothing() {
    claim("1", nvidia("gpu-0").replace("}", ",'adminAccess':true}"));
    assertThat(onA()).isZero();
  }

  @Test
  void aGpuStaysForeignWhileAPodThatUsedTheClaimMayRun() {
    running.add("p");
    claim("1", nvidia("gpu-1"), "p", "q");
    claim("1", nvidia("gpu-1"));
    claims.deleted(meta("1"));
    assertThat(onA()).as("the pod was struck off the list before its end").isEqualTo(0b010);
    claims.podEnded("q");
    assertThat(onA()).isEqualTo(0b010);
    running.remove("p");
    claims.podEnded("p");
    assertThat(onA()).isZero();
  }

  @Test
  void aClaimThatIsAllocatedAnewCountsWhereItIsNow() {
    claim("1", nvidia("gpu-0"));
    claim("1", nvidia("gpu-1"));
    assertThat(onA()).isEqualTo(0b010);
  }

  @Test
  void aClaimThatCannotBeReadHasWhatItHad() {
    claim("1", nvidia("gpu-0"));
    claims.unreadable(meta("1"), "nonsense");
    assertThat(onA()).isEqualTo(0b001);
  }
}
