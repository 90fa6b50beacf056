package gpu.kerf.extender.cluster.kubernetes.objects;

import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.dialect.KerfDialect;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.MigReservations;
import gpu.kerf.extender.wire.MigReservations.Reservation;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.fleet.ForeignHold;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Foreign pods: another scheduler bound them, and they use GPUs from a device plugin, or ask for
 * GPUs in Kerf's words. Kerf does not change them, and puts no new pods on their GPUs.
 *
 * <p>The stock device plugin does not say which GPUs they are, so no GPU of the node gets a new pod
 * until they are gone. The schedulers of HAMi and gpushare write it on the pod, and their node
 * plugins confirm it there. But the pod's owner can write these annotations as well, and nothing in
 * the cluster tells the difference. So Kerf believes them only where an administrator states that
 * only those schedulers can write them, and not if they change on a bound pod. Where HAMi's device
 * plugin makes MIG instances, such a pod has exactly those that its annotation reserves.
 */
public final class ForeignPods {
  private static final long ALL = -1L;
  private static final String HAMI = "hami.io/vgpu-devices-allocated";
  private static final String GPUSHARE = "ALIYUN_COM_GPU_MEM_IDX";

  private final ClusterListener listener;
  private final Function<String, @Nullable NodeSpec> nodeOf;
  private final Claimed claimed;
  private final boolean trustsAnnotations;
  private final Map<String, Foreigner> pods = new HashMap<>();
  private final Map<String, Set<String>> uidsOn = new HashMap<>();

  /** Pods that ask for GPUs in Kerf's words, as far as the listener was told of them. */
  private final Set<String> misplaced = new HashSet<>();

  /**
   * Where a pod is, and what it says of its GPUs.
   *
   * @param mig the MIG instances that HAMi's device plugin makes for it, without what the plugin
   *     adds; empty if it says none that can be read
   * @param believed whether it ever said the same
   * @param claimed whether a claim was made for what it asks of a device plugin: where a DRA driver
   *     hands out the GPUs, the claim tells which they are
   */
  private record Foreigner(
      PodView.Ref ref,
      String node,
      String hami,
      String index,
      List<Reservation> mig,
      boolean believed,
      boolean claimed) {
    boolean saysNoLess(Foreigner before) {
      return node.equals(before.node)
          && (before.hami.isEmpty() || before.hami.equals(hami))
          && (before.index.isEmpty() || before.index.equals(index))
          && (before.mig.isEmpty() || before.mig.equals(mig));
    }

    Foreigner unbelieved() {
      return new Foreigner(ref, node, "", "", List.of(), false, claimed);
    }
  }

  /**
   * @param nodeOf a node that is managed and can be used; null for any other
   * @param claimed what ResourceClaims have of it
   * @param trustsAnnotations whether only their schedulers can write what pods say of GPUs
   */
  public ForeignPods(
      ClusterListener listener,
      Function<String, @Nullable NodeSpec> nodeOf,
      Claimed claimed,
      boolean trustsAnnotations) {
    this.listener = listener;
    this.nodeOf = nodeOf;
    this.claimed = claimed;
    this.trustsAnnotations = trustsAnnotations;
  }

  /** Says what ResourceClaims have of a node. */
  public interface Claimed {
    Claims.Used on(NodeSpec node);
  }

  void podChanged(PodView pod) {
    boolean unplaced = pod.isBound() && pod.annotation(Annotations.PLACEMENT).isEmpty();
    Container asking = unplaced ? KerfDialect.firstAsking(pod) : null;
    if (asking != null && misplaced.add(pod.uid())) {
      listener.podMisplaced(pod.ref(), problem(pod, asking));
    }
    if (unplaced && (asking != null || usesGpus(pod))) {
      Foreigner now = now(pod);
      if (!now.equals(pods.put(pod.uid(), now))) {
        uidsOn.computeIfAbsent(now.node, node -> new HashSet<>()).add(pod.uid());
        tell(now.node);
      }
    } else {
      podEnded(pod.uid());
    }
  }

  private Foreigner now(PodView pod) {
    Foreigner now =
        new Foreigner(
            pod.ref(),
            pod.nodeName(),
            pod.annotation(HAMI),
            pod.annotation(GPUSHARE),
            mig(pod),
            trustsAnnotations,
            !pod.resourceClaim().isEmpty() && KerfDialect.firstAsking(pod) == null);
    Foreigner before = pods.get(pod.uid());
    boolean wavers = before != null && !(before.believed && now.saysNoLess(before));
    return wavers || !trustsAnnotations ? now.unbelieved() : now;
  }

  /** What cannot be read says nothing: then the pod has whole GPUs. */
  private static List<Reservation> mig(PodView pod) {
    String written = pod.annotation(MigReservations.ANNOTATION);
    try {
      return written.isEmpty() ? List.of() : MigReservations.parse(written);
    } catch (WireException e) {
      return List.of();
    }
  }

  private static String problem(PodView pod, Container asking) {
    String scheduler = pod.schedulerName();
    return "The container "
        + asking.name()
        + " asks for GPUs in Kerf's words, and Kerf did not place the pod (schedulerName: "
        + (scheduler.isEmpty() ? "none" : scheduler)
        + "), so it has no GPU of Kerf's. Create it again with schedulerName: kerf.";
  }

  void podEnded(String uid) {
    misplaced.remove(uid);
    Foreigner was = pods.remove(uid);
    if (was != null) {
      uidsOn.computeIfPresent(was.node, (node, uids) -> without(uid, uids));
      tell(was.node);
    }
  }

  private static @Nullable Set<String> without(String uid, Set<String> uids) {
    uids.remove(uid);
    return uids.isEmpty() ? null : uids;
  }

  private static boolean usesGpus(PodView pod) {
    return pod.containers().stream().anyMatch(Dialects::usesDevicePlugin)
        || pod.initContainers().stream().anyMatch(Dialects::usesDevicePlugin);
  }

  /** Tells which GPUs of a node they use; again whenever the node has become another. */
  public void tell(String node) {
    NodeSpec spec = nodeOf.apply(node);
    Claims.Used used = spec == null ? Claims.Used.NOTHING : claimed.on(spec);
    List<ForeignHold> parts = new ArrayList<>(used.parts());
    listener.gpusForeign(node, used.gpus() | on(node, spec, parts));
    listener.partsClaimed(node, List.copyOf(parts));
  }

  /** The GPUs that get no new pods; what pods have of others is added to the parts. */
  private long on(String node, @Nullable NodeSpec spec, List<ForeignHold> parts) {
    List<GpuSpec> gpus = spec == null ? List.of() : spec.gpus();
    boolean byDriver = spec != null && spec.delivery() == DeliveryWay.DRA;
    boolean cut = spec != null && spec.delivery() == DeliveryWay.HAMI_MIG;
    long used = 0;
    for (String uid : uidsOn.getOrDefault(node, Set.of())) {
      Foreigner pod = pods.get(uid);
      if (pod == null || (byDriver && pod.claimed)) {
        continue;
      }
      Reserved reserved =
          spec != null && cut && pod.believed
              ? Reserved.of(pod.mig, pod.hami, spec)
              : Reserved.NOTHING;
      if (!reserved.slots().isEmpty()) {
        parts.add(
            new ForeignHold(uid, "", pod.ref.namespace(), pod.ref.name(), reserved.grant(node)));
      }
      used |= used(pod, gpus) & ~reserved.gpus();
    }
    return used;
  }

  private static long used(Foreigner pod, List<GpuSpec> gpus) {
    if (!pod.believed) {
      return ALL;
    }
    if (pod.index.matches("[0-9]{1,2}") && Integer.parseInt(pod.index) < gpus.size()) {
      return 1L << Integer.parseInt(pod.index);
    }
    long named = 0;
    for (int i = 0; i < gpus.size() && !pod.hami.isEmpty(); i++) {
      String uuid = gpus.get(i).uuid();
      named |= uuid != null && pod.hami.contains(uuid) ? 1L << i : 0;
    }
    return named != 0 ? named : ALL;
  }

  int count() {
    return pods.size();
  }
}
