package gpu.kerf.extender.verb;

import gpu.kerf.extender.cluster.BindReadiness;
import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.gang.Gang;
import gpu.kerf.extender.gang.start.GangStarts;
import gpu.kerf.extender.state.KnownPod;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.verb.BindBarrier.Arrival;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.BindAnswer;
import gpu.kerf.extender.wire.BindCall;
import gpu.kerf.extender.wire.VerbError;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.Placement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Binds the pods of a gang whose bind calls are here together: takes all their slots or none, then
 * sends all Bindings.
 */
final class GangBinding {
  private final Scheduling scheduling;
  private final Cluster cluster;
  private final DecisionGate gate;
  private final GangStarts starts;
  private final SlotTaking taking;
  private final Writer writer;
  private final BindBarrier barrier;

  /** Sends one Binding, and settles what follows. */
  @FunctionalInterface
  interface Writer {
    CompletionStage<BindAnswer> write(
        BindCall call, Placement placement, Map<String, String> annotations);
  }

  GangBinding(
      Scheduling scheduling, Cluster cluster, GangStarts starts, SlotTaking taking, Writer writer) {
    this.scheduling = scheduling;
    this.cluster = cluster;
    this.gate = new DecisionGate(scheduling, cluster);
    this.starts = starts;
    this.taking = taking;
    this.writer = writer;
    this.barrier = new BindBarrier(scheduling, starts, this::bindAll);
  }

  BindBarrier barrier() {
    return barrier;
  }

  /** The answer to a call of a gang's pod, once the other pods' calls are here. */
  CompletionStage<BindAnswer> bind(Gang gang, BindCall call) {
    return mayWait(gang, call)
        ? barrier.arrive(gang, call)
        : CompletableFuture.completedFuture(new BindAnswer(VerbError.GANG_WAITS));
  }

  /** A pod without GPUs has no place of its own, and waits for those that have. */
  private boolean mayWait(Gang gang, BindCall call) {
    if (!scheduling.held().has(gang.key().id())) {
      return false;
    }
    Placement place = scheduling.held().of(call.pod().uid());
    KnownPod pod = scheduling.pods().get(call.pod().uid());
    return place != null
        ? place.node().equals(call.node())
        : pod != null && pod.demand().containers().isEmpty() && !pod.isNonsense();
  }

  /** While the calls waited, another replica may have bound pods. */
  private void bindAll(Gang gang, List<Arrival> arrivals) {
    if (cluster.upToDate()) {
      takeAll(gang, arrivals);
      return;
    }
    List<CompletableFuture<BindReadiness>> looks = new ArrayList<>();
    for (Arrival each : arrivals) {
      looks.add(cluster.catchUp(each.call().node(), each.call().pod()).toCompletableFuture());
    }
    scheduling.whenDone(
        () -> CompletableFuture.allOf(looks.toArray(CompletableFuture[]::new)),
        (done, failure) -> {
          boolean ready =
              failure == null
                  && looks.stream().allMatch(look -> look.join() == BindReadiness.READY);
          if (ready) {
            takeAll(gang, arrivals);
          } else {
            fail(gang, arrivals, VerbError.BEHIND);
          }
        });
  }

  private void takeAll(Gang gang, List<Arrival> arrivals) {
    VerbError closed = gate.refusal();
    if (closed != null) {
      fail(gang, arrivals, closed);
      return;
    }
    Map<Arrival, Placement> places = places(gang, arrivals);
    if (places == null) {
      fail(gang, arrivals, VerbError.GANG_WAITS);
      return;
    }
    starts.begun(gang);
    Map<String, String> begun = Map.of(Annotations.GANG_BEGUN, "" + gang.newest());
    places.forEach(
        (arrival, place) ->
            writer
                .write(arrival.call(), place, begun)
                .thenAccept(answer -> barrier.answer(arrival, answer)));
  }

  /** Takes the slots of all, or of none. */
  private @Nullable Map<Arrival, Placement> places(Gang gang, List<Arrival> arrivals) {
    Map<Arrival, Placement> places = new LinkedHashMap<>();
    List<Ledger.Claim> claims = new ArrayList<>();
    List<Arrival> unplaced = new ArrayList<>();
    for (Arrival each : arrivals) {
      Placement place = scheduling.held().of(each.call().pod().uid());
      KnownPod pod = scheduling.pods().get(each.call().pod().uid());
      if (!mayWait(gang, each.call()) || pod == null || !pod.ref().equals(each.call().pod())) {
        return null;
      }
      if (place == null) {
        unplaced.add(each);
      } else {
        places.put(each, place);
        claims.add(new Ledger.Claim(pod.holder(), place));
      }
    }
    if (scheduling.ledger().takeAll(claims, scheduling.wallMillis()) != Ledger.Taking.TAKEN) {
      return null;
    }
    return withoutGpus(unplaced, places) ? places : null;
  }

  private boolean withoutGpus(List<Arrival> unplaced, Map<Arrival, Placement> places) {
    for (Arrival each : unplaced) {
      SlotTaking.Result result = taking.take(each.call());
      if (result.verbError() != null) {
        places.keySet().forEach(taken -> scheduling.ledger().release(taken.call().pod().uid()));
        return false;
      }
      places.put(each, result.placement());
    }
    return true;
  }

  private void fail(Gang gang, List<Arrival> arrivals, VerbError error) {
    starts.failed(gang);
    arrivals.forEach(each -> barrier.answer(each, new BindAnswer(error)));
  }
}
