package gpu.kerf.extender.cluster.kubernetes.objects;

import static gpu.kerf.extender.cluster.kubernetes.inventory.NvidiaSlices.json;
import static gpu.kerf.extender.cluster.kubernetes.inventory.NvidiaSlices.name;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.kubernetes.inventory.DriverInventory;
import gpu.kerf.extender.cluster.kubernetes.inventory.DriverPools;
import gpu.kerf.extender.cluster.kubernetes.inventory.Inventory;
import gpu.kerf.extender.cluster.kubernetes.inventory.NvidiaSlices;
import gpu.kerf.extender.cluster.kubernetes.inventory.NvidiaSlices.Gpu;
import gpu.kerf.extender.cluster.kubernetes.inventory.Slice;
import gpu.kerf.extender.cluster.kubernetes.objects.Claims.DeviceUse;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.eviction.EvictionPlanner;
import gpu.kerf.model.eviction.NodeCandidates;
import gpu.kerf.model.eviction.PlanOutcome;
import gpu.kerf.model.eviction.Request;
import gpu.kerf.model.fleet.ForeignHold;
import gpu.kerf.model.fleet.Grant.SlotGrant;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placer;
import gpu.kerf.model.placement.PreparedDemand;
import gpu.kerf.model.placement.Slot;
import gpu.kerf.model.placement.SlotDevice;
import gpu.kerf.model.price.Prices;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What claims have of a node whose GPUs a DRA driver hands out: exactly their devices. */
class DriverClaimsTest {

  private static final int WHOLE = 0;
  private static final int CUT = 1;
  private static final int SHARED = 2;

  private final DriverPools pools = new DriverPools();
  private final Set<String> running = new HashSet<>();
  private final List<String> changed = new ArrayList<>();
  private final Claims claims = new Claims(pools, running::contains, changed::add);
  private final NodeSpec node;

  DriverClaimsTest() throws WireException {
    pools.put("s", Slice.read(NvidiaSlices.of(Gpu.WHOLE, Gpu.CUT_ON_DEMAND, Gpu.SHARED)));
    Inventory inventory =
        Objects.requireNonNull(new DriverInventory(GpuCatalog.builtIn(), pools).of("a"));
    this.node =
        NodeSpec.of("a", inventory.gpus()).deliveredBy(Objects.requireNonNull(inventory.devices()));
  }

  private static Meta meta(String uid) {
    return new Meta("ml", "claim-" + uid, uid, "");
  }

  private static String device(String name) {
    return "{'request':'r','driver':'gpu.nvidia.com','pool':'a','device':'" + name + "'}";
  }

  private static String part(String memory) {
    return device("gpu-2").replace("}", ",'consumedCapacity':{'memory':'" + memory + "'}}");
  }

  private void claim(String uid, String name, String pod, String... devices) {
    String owner = pod.isEmpty() ? "" : "{'kind':'Pod','uid':'" + pod + "'}";
    claims.put(
        meta(uid),
        Claim.read(
            json(
                "{'metadata':{'namespace':'ml','name':'%s','ownerReferences':[%s]},"
                        .formatted(name, owner)
                    + "'spec':{},'status':{'allocation':{'devices':{'results':["
                    + String.join(",", devices)
                    + "]}}}}")));
  }

  private void foreign(String uid, String... devices) {
    claim(uid, "theirs-" + uid, "", devices);
  }

  private void own(String uid, String pod, String... devices) {
    claim(uid, "kerf-" + pod, pod, devices);
  }

  private SlotGrant onlySlot() {
    Claims.Used used = claims.on(node);
    assertThat(used.gpus()).isZero();
    assertThat(used.parts()).hasSize(1);
    return used.parts().get(0).grant().containers().get(0).slots().get(0);
  }

  /** The state of the node when a ledger has heard of the claims. */
  private NodeState heard() {
    Ledger ledger = new Ledger();
    ledger.putNode(node);
    hear(ledger);
    return Objects.requireNonNull(ledger.fleet().node("a"));
  }

  private void hear(Ledger ledger) {
    ledger.setForeign("a", claims.on(node).gpus());
    ledger.setHolds("a", claims.on(node).parts());
  }

  @Test
  void aMigDeviceHasTheSlicesWhoseCountersItConsumes() {
    foreign("1", device(name(CUT, "3g.40gb", 4)));
    assertThat(onlySlot()).matches(slot -> slot.gpu() == CUT && slot.start() == 4);
    assertThat(heard().occupied(CUT)).isEqualTo(0b11110000);
    assertThat(heard().isUsable(CUT)).isTrue();
    assertThat(changed).containsExactly("a");
  }

  @Test
  void aWholeDeviceHasItsGpuAndAPartOfASharedOneItsMemory() {
    foreign("1", device("gpu-0"));
    assertThat(heard().gpu(WHOLE).wholeHeld()).isTrue();
    foreign("2", device("gpu-1"));
    assertThat(heard().isWholeHeld(CUT)).isTrue();
    foreign("3", part("16Gi"), part("1Gi"));
    assertThat(heard().freeMiB(SHARED))
        .isEqualTo(node.gpus().get(SHARED).shareableMiB() - 17 * 1024);
    foreign("4", device("gpu-2"));
    assertThat(heard().isUsable(SHARED)).as("all of it and a part of it").isFalse();
  }

  /** As of a pod that has a card for one container, and an instance and a part for others. */
  @Test
  void oneClaimMayHaveDevicesOfSeveralKinds() {
    foreign("1", device("gpu-0"), device(name(CUT, "3g.40gb", 4)), part("16Gi"));
    assertThat(heard().isWholeHeld(WHOLE)).isTrue();
    assertThat(heard().occupied(CUT)).isEqualTo(0b11110000);
    assertThat(heard().freeMiB(SHARED))
        .isEqualTo(node.gpus().get(SHARED).shareableMiB() - 16 * 1024);
  }

  /** One of the two GPUs can be shared, and its claim consumes all of its memory. */
  @Test
  void aPodThatHasTwoWholeGpusByItsClaimCanBeEvictedForAnother() {
    int memory = node.gpus().get(WHOLE).memoryMiB();
    Placement both =
        new Placement(
            "a",
            List.of(
                new Placement.ContainerSlots(
                    "main",
                    List.of(new Slot.Whole(WHOLE, memory), new Slot.Whole(SHARED, memory)))),
            0,
            0);
    DriverDevices devices = Objects.requireNonNull(node.devices());
    int consumed = SlotDevice.consumedMiB(both.slots().get(1), devices);
    Ledger ledger = new Ledger();
    ledger.putNode(node);
    ledger.take(Holder.of("low"), both, 1);
    own("1", "low", device("gpu-0"), part(consumed + "Mi"));
    foreign("2", device(name(CUT, "1g.10gb", 6)));
    hear(ledger);

    Placer placer = new Placer(Prices.neutral(ledger.fleet().models()));
    PodDemand twoGpus = PodDemand.of(Demand.whole(2)).handedOutBy(EnumSet.of(DeliveryWay.DRA));
    Request request =
        Request.of(
            Holder.of("high").withPriority(10),
            new PreparedDemand(twoGpus, ledger.fleet().models()),
            2);
    NodeCandidates site =
        Objects.requireNonNull(NodeCandidates.of(ledger, "a", UnaryOperator.identity()));

    assertThat(new EvictionPlanner(placer).plan(request, site))
        .isInstanceOfSatisfying(
            PlanOutcome.Plan.class, plan -> assertThat(plan.victimUids()).containsExactly("low"));
  }

  @Test
  void anotherDriversPoolOfTheSameNameHasOtherDevices() {
    foreign("1", device("gpu-0").replace("gpu.nvidia.com", "gpu.example.com"));
    assertThat(claims.overlapping("2", "a", List.of(new Claims.DeviceUse("gpu-0", 0)))).isNull();
    foreign("3", device("gpu-0"));
    assertThat(claims.overlapping("2", "a", List.of(new Claims.DeviceUse("gpu-0", 0))))
        .isEqualTo("ml/theirs-3");
  }

  @Test
  void whatCannotBeMadeOutClosesItsGpuOrAll() {
    pools.put("s", Slice.read(withoutCounters(NvidiaSlices.of(Gpu.WHOLE, Gpu.CUT_ON_DEMAND))));
    foreign("1", device(name(CUT, "1g.10gb", 0)));
    assertThat(claims.on(node)).isEqualTo(new Claims.Used(1L << CUT, List.of()));
    foreign("1", device("gpu-9"));
    assertThat(claims.on(node).gpus()).isEqualTo(-1L);
  }

  private static JsonNode withoutCounters(JsonNode slice) {
    slice.at("/spec/devices").forEach(device -> ((ObjectNode) device).remove("consumesCounters"));
    return slice;
  }

  @Test
  void onANodeOfAnotherDeliveryAClaimHasWholeGpus() {
    NodeSpec env = NodeSpec.of("a", node.gpus());
    foreign("1", device(name(CUT, "1g.10gb", 0)));
    assertThat(claims.on(env)).isEqualTo(new Claims.Used(1L << CUT, List.of()));
  }

  @Test
  void aClaimIsKerfsOwnByItsNameAndItsPod() {
    own("1", "p", device(name(CUT, "1g.10gb", 6)));
    assertThat(claims.on(node).parts()).extracting(ForeignHold::pod).containsExactly("p");
    claim("2", "kerf-q", "p", device(name(CUT, "1g.10gb", 5)));
    claim("3", "kerf-q", "", device(name(CUT, "1g.10gb", 4)));
    assertThat(claims.on(node).parts())
        .extracting(ForeignHold::pod)
        .containsExactlyInAnyOrder("p", "", "");
  }

  @Test
  void kerfsOwnClaimEndsToCountWithItsPodNotWhenItIsCleared() {
    own("1", "p", device(name(CUT, "1g.10gb", 6)));
    claims.ownerEnded("q");
    assertThat(claims.on(node).parts()).hasSize(1);
    changed.clear();
    claims.ownerEnded("p");
    assertThat(claims.on(node)).isEqualTo(Claims.Used.NOTHING);
    assertThat(changed).containsExactly("a");
    claims.deleted(meta("1"));
    foreign("2", device(name(CUT, "1g.10gb", 6)));
    claims.ownerEnded("p");
    assertThat(claims.on(node).parts()).hasSize(1);
  }

  private void own(String pod, List<String> users) {
    String reserved =
        String.join(",", users.stream().map(each -> "{'uid':'" + each + "'}").toList());
    claims.put(
        meta("1"),
        Claim.read(
            json(
                """
                {'metadata':{'namespace':'ml','name':'kerf-%s',
                  'ownerReferences':[{'kind':'Pod','uid':'%s'}]},
                 'spec':{},'status':{'reservedFor':[%s],
                  'allocation':{'devices':{'results':[%s]}}}}\
                """
                    .formatted(pod, pod, reserved, device(name(CUT, "1g.10gb", 6))))));
  }

  /** Any pod of the namespace may name a claim, and then kube-scheduler lets it use the devices. */
  @Test
  void kerfsOwnClaimCountsForAsLongAsAnotherPodUsesIt() {
    own("p", List.of("p", "q"));
    claims.ownerEnded("p");
    assertThat(claims.on(node).parts()).hasSize(1);
    assertThat(claims.overlapping("mine", "a", List.of(new DeviceUse(name(CUT, "1g.10gb", 6), 0))))
        .isEqualTo("ml/kerf-p");
    claims.deleted(meta("1"));
    assertThat(claims.on(node)).isEqualTo(Claims.Used.NOTHING);

    own("p", List.of("p"));
    claims.ownerEnded("p");
    assertThat(claims.on(node)).isEqualTo(Claims.Used.NOTHING);
    changed.clear();
    own("p", List.of("p", "q"));
    assertThat(claims.on(node).parts()).as("before the controller has cleared it").hasSize(1);
    assertThat(changed).containsExactly("a");
  }

  @Test
  void aForeignPodThatWasDeletedByForceKeepsItsPartsUntilItHasSurelyEnded() {
    running.add("p");
    claims.put(
        meta("1"),
        Claim.read(
            json(
                "{'status':{'allocation':{'devices':{'results':["
                    + device(name(CUT, "1g.10gb", 6))
                    + "]}},'reservedFor':[{'uid':'p'}]}}")));
    claims.deleted(meta("1"));
    assertThat(onlySlot().start()).isEqualTo(6);
    running.clear();
    claims.podEnded("p");
    assertThat(claims.on(node)).isEqualTo(Claims.Used.NOTHING);
  }

  private String overlap(String... names) {
    List<DeviceUse> uses = new ArrayList<>();
    for (String each : names) {
      uses.add(new DeviceUse(each, 0));
    }
    return String.valueOf(claims.overlapping("mine", "a", uses));
  }

  @Test
  void devicesOverlapWhereTheirCountersSayIt() {
    foreign("1", device(name(CUT, "3g.40gb", 4)));
    assertThat(overlap(name(CUT, "1g.10gb", 6))).isEqualTo("ml/theirs-1");
    assertThat(overlap(name(CUT, "3g.40gb", 4))).isEqualTo("ml/theirs-1");
    assertThat(overlap("gpu-1")).isEqualTo("ml/theirs-1");
    assertThat(overlap(name(CUT, "1g.10gb", 3))).isEqualTo("null");
    assertThat(overlap("gpu-0", name(CUT, "3g.40gb", 0))).isEqualTo("null");
    assertThat(overlap("gpu-0", name(CUT, "4g.40gb", 0), name(CUT, "1g.10gb", 5)))
        .isEqualTo("ml/theirs-1");
    foreign("mine", device("gpu-0"));
    assertThat(overlap("gpu-0")).as("its own claim").isEqualTo("null");
  }

  @Test
  void otherCountersThanThoseOfMemorySlicesCountToo() {
    var slice = NvidiaSlices.of(Gpu.WHOLE, Gpu.CUT_ON_DEMAND);
    slice
        .at("/spec/sharedCounters/1/counters")
        .forEach(
            counter -> {
              if (counter.path("value").asText().equals("8")) {
                ((ObjectNode) counter).put("value", "3");
              }
            });
    pools.put("s", Slice.read(slice));
    foreign("1", device(name(CUT, "3g.40gb", 4)));
    assertThat(overlap(name(CUT, "1g.10gb", 0)))
        .as("other slices, and no copy engine is left")
        .isEqualTo("ml/theirs-1");
  }

  @Test
  void whereNoCountersArePublishedTheMemorySlicesAreCompared() {
    var slice = NvidiaSlices.of(Gpu.CUT);
    for (var device : slice.at("/spec/devices")) {
      var body = (ObjectNode) device;
      body.remove("consumesCounters");
      boolean large = body.path("name").asText().contains("3g");
      for (int i = large ? 0 : 6; i < (large ? 4 : 7); i++) {
        body.withObject("/capacity").putObject("memorySlice" + i).put("value", "1");
      }
    }
    pools.put("s", Slice.read(slice));
    foreign("1", device(name(0, "3g.40gb", 0)));
    assertThat(overlap(name(0, "1g.10gb", 6))).isEqualTo("null");
    assertThat(overlap(name(0, "3g.40gb", 0))).isEqualTo("ml/theirs-1");
  }

  @Test
  void partsOverlapOnlyWhenTogetherTheyAreMoreThanThereIs() {
    foreign("1", part("40Gi"));
    own("2", "p", part("30Gi"));
    assertThat(claims.overlapping("mine", "a", List.of(new DeviceUse("gpu-2", 9 * 1024)))).isNull();
    assertThat(claims.overlapping("mine", "a", List.of(new DeviceUse("gpu-2", 10 * 1024))))
        .isEqualTo("ml/theirs-1");
    claims.ownerEnded("p");
    assertThat(claims.overlapping("mine", "a", List.of(new DeviceUse("gpu-2", 10 * 1024))))
        .as("the claim of a pod that has ended is no obstacle")
        .isNull();
    assertThat(claims.overlapping("mine", "elsewhere", List.of(new DeviceUse("gpu-2", 1))))
        .as("nothing is known of the pool")
        .isNull();
  }
}
