package gpu.kerf.extender.delivery;

import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.dialect.GpushareDialect;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Delivery for nodes where gpushare's device plugin hands out the GPUs.
 *
 * <p>The kubelet does not tell the plugin which pod a call is for. The plugin takes the pod that
 * asks for the same amount and has waited longest, so two pods with the same amount could get each
 * other's GPU. While one of them is not served, the next pod with that amount waits, unless both
 * are on one GPU.
 */
public final class GpushareDelivery implements Delivery {
  public static final String INDEX = "ALIYUN_COM_GPU_MEM_IDX";
  static final String OF_POD = "ALIYUN_COM_GPU_MEM_POD";
  static final String OF_DEVICE = "ALIYUN_COM_GPU_MEM_DEV";
  public static final String ASSIGNED = "ALIYUN_COM_GPU_MEM_ASSIGNED";
  public static final String ASSUME_TIME = "ALIYUN_COM_GPU_MEM_ASSUME_TIME";

  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Scheduling scheduling;
  private final Cluster cluster;
  private final GpushareDialect.Unit unit;
  private final NodeQueues queues;
  private final Set<String> served = new HashSet<>();
  private long latest;

  public GpushareDelivery(Scheduling scheduling, Cluster cluster, GpushareDialect.Unit unit) {
    this(scheduling, cluster, unit, Delays.ofJdk());
  }

  public GpushareDelivery(
      Scheduling scheduling, Cluster cluster, GpushareDialect.Unit unit, Delays delays) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.unit = unit;
    this.queues = new NodeQueues(scheduling::elapsedMillis, scheduling.loop(), delays);
  }

  @Override
  public CompletionStage<Prepared> prepare(DeliveryRequest deliveryRequest) {
    if (!deliveryRequest.hasGpus()) {
      return CompletableFuture.completedFuture(Prepared.with(Map.of()));
    }
    return queues.take(deliveryRequest, () -> attempt(deliveryRequest));
  }

  private CompletionStage<Optional<Prepared>> attempt(DeliveryRequest deliveryRequest) {
    Slot slot = deliveryRequest.placement().slots().get(0);
    List<PodView.Ref> rivals = new ArrayList<>();
    for (Entry entry : scheduling.ledger().entriesOn(deliveryRequest.node().name())) {
      boolean other = !entry.uid().equals(deliveryRequest.pod().uid());
      if (other && isRival(entry, slot)) {
        rivals.add(new PodView.Ref(entry.holder().namespace(), entry.holder().name(), entry.uid()));
      }
    }
    return noPodWaits(rivals, 0)
        .thenApplyAsync(
            free -> free ? Optional.of(Prepared.with(annotations(deliveryRequest, slot))) : empty(),
            scheduling.loop());
  }

  private static Optional<Prepared> empty() {
    return Optional.empty();
  }

  /** Whether the plugin could take one for the other. */
  private boolean isRival(Entry entry, Slot slot) {
    boolean binding = entry.state() == Entry.State.BINDING && !queues.isWaiting(entry.uid());
    boolean onItsWay = binding || entry.state() == Entry.State.BOUND;
    return onItsWay
        && !served.contains(entry.uid())
        && entry.placement().slots().stream()
            .anyMatch(each -> each.gpu() != slot.gpu() && each.memoryMiB() == slot.memoryMiB());
  }

  /** Asks the API server about one after the other. */
  private CompletionStage<Boolean> noPodWaits(List<PodView.Ref> rivals, int from) {
    if (from == rivals.size()) {
      return CompletableFuture.completedFuture(true);
    }
    PodView.Ref rival = rivals.get(from);
    return cluster
        .read(rival)
        .thenComposeAsync(
            found -> {
              if (found.isPresent() && waits(found.get(), rival)) {
                return CompletableFuture.completedFuture(false);
              }
              served.add(rival.uid());
              return noPodWaits(rivals, from + 1);
            },
            scheduling.loop());
  }

  private static boolean waits(PodView pod, PodView.Ref rival) {
    boolean pending = pod.uid().equals(rival.uid()) && pod.phase() == PodView.Phase.PENDING;
    return pending && (!pod.isBound() || pod.annotation(ASSIGNED).equals("false"));
  }

  private Map<String, String> annotations(DeliveryRequest deliveryRequest, Slot slot) {
    forgetThoseGone();
    // The plugin serves in this order, so that no two may be equal.
    latest = Math.max(latest + 1, scheduling.wallMillis() * NANOS_PER_MILLI);
    int device = deliveryRequest.node().gpus().get(slot.gpu()).memoryMiB();
    Map<String, String> annotations = EnvDelivery.withoutMps(deliveryRequest);
    annotations.put(INDEX, "" + slot.gpu());
    annotations.put(OF_POD, "" + inUnits(slot.memoryMiB()));
    annotations.put(OF_DEVICE, "" + inUnits(device));
    annotations.put(ASSIGNED, "false");
    annotations.put(ASSUME_TIME, "" + latest);
    return annotations;
  }

  private void forgetThoseGone() {
    served.removeIf(uid -> scheduling.ledger().entry(uid) == null);
  }

  private int inUnits(int mib) {
    return mib / unit.mib();
  }
}
