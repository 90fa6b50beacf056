package gpu.kerf.bench.simulate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Checks after every event that no two containers can touch the same part of a GPU. It knows the
 * real GPUs, the running containers and the pods of the API server. It shares no code with the
 * ledger, and asks no replica.
 *
 * <p>A running container counts, also if the object of its pod is gone. A bound pod whose
 * containers have not started yet counts too, because its kubelet may start them at any time.
 */
final class Oracle {
  private final ApiStore store;
  private final Map<String, SimulatedNode> nodes = new LinkedHashMap<>();
  private final Set<SimulatedNode> changed = new LinkedHashSet<>();

  Oracle(ApiStore store) {
    this.store = store;
    store.listen(
        change -> {
          if (change.kind() == ObjectKind.POD) {
            changed(change.any().pod().node());
          } else if (change.kind() == ObjectKind.CLAIM) {
            ClaimObject.of(change.any()).results().forEach(each -> changed(each.pool()));
          }
        });
  }

  void add(SimulatedNode node) {
    nodes.put(node.name(), node);
  }

  private void changed(String name) {
    SimulatedNode node = nodes.get(name);
    if (node != null) {
      changed.add(node);
    }
  }

  /** Cards or containers of a node have changed. */
  void changed(SimulatedNode node) {
    changed.add(node);
  }

  /** Looks at what has changed; throws a {@link Violation} if something is given twice. */
  void check() {
    if (changed.isEmpty()) {
      return;
    }
    for (SimulatedNode node : changed) {
      check(node);
    }
    changed.clear();
  }

  private void check(SimulatedNode node) {
    Map<Gpu, List<Claim>> claims = claims(node);
    for (Map.Entry<Gpu, List<Claim>> each : claims.entrySet()) {
      check(each.getKey(), each.getValue());
    }
  }

  private static void check(Gpu gpu, List<Claim> claims) {
    long shares = 0;
    for (int i = 0; i < claims.size(); i++) {
      SimulatedContainer.Touch touch = claims.get(i).touch;
      shares += claims.get(i).isOfOthers() ? 0 : touch.shareMiB();
      for (int j = 0; j < i; j++) {
        if (!areJudgedElsewhere(claims.get(i), claims.get(j))
            && touch.collides(claims.get(j).touch)) {
          throw new Violation(
              "given twice: " + claims.get(j) + " and " + claims.get(i) + " have " + touch);
        }
      }
    }
    if (shares > gpu.model().memoryMiB) {
      throw new Violation(
          "given more than there is: "
              + shares
              + " MiB of "
              + gpu
              + ", which has "
              + gpu.model().memoryMiB
              + ": "
              + claims);
    }
  }

  /**
   * {@link ClaimOracle} judges what another scheduler gave, and what one claim has: after a reboot
   * the driver may call other cards by the names in a claim, so two of them can become one card.
   */
  private static boolean areJudgedElsewhere(Claim one, Claim other) {
    boolean samePod = one.pod.uid().equals(other.pod.uid());
    return one.isOfOthers() || other.isOfOthers() || (samePod && !one.pod.claims().isEmpty());
  }

  /** A driver refuses what it has already given: no other scheduler knows better than the API. */
  void refused(DraDriver.Prepared wanted, DraDriver.Prepared other) {
    if (!OtherScheduler.has(wanted.pod()) && !OtherScheduler.has(other.pod())) {
      throw new Violation("given twice: the driver refuses " + wanted + ", because of " + other);
    }
  }

  /** What a container has, or will have. */
  record Claim(PodObject pod, String container, boolean running, SimulatedContainer.Touch touch) {
    /** Whether another scheduler gave it: {@link ClaimOracle} judges what it takes from Kerf. */
    private boolean isOfOthers() {
      return OtherScheduler.has(pod);
    }

    @Override
    public String toString() {
      return pod + (running ? " (runs)" : " (bound)");
    }
  }

  /** Who can touch which card of a node. */
  Map<Gpu, List<Claim>> claims(SimulatedNode node) {
    Map<Gpu, List<Claim>> claims = new LinkedHashMap<>();
    for (SimulatedContainer each : node.running()) {
      for (SimulatedContainer.Touch touch : each.touches()) {
        add(claims, new Claim(each.pod(), each.name(), true, touch));
      }
    }
    for (Stored stored : store.all(ObjectKind.POD)) {
      PodObject pod = stored.pod();
      boolean willStart =
          pod.node().equals(node.name())
              && !pod.isOver()
              && !pod.isTerminating()
              && !node.hasStarted(pod.uid());
      if (willStart) {
        SimulatedNode.touches(node, pod)
            .forEach(
                (container, touches) ->
                    touches.forEach(touch -> add(claims, new Claim(pod, container, false, touch))));
      }
    }
    return claims;
  }

  private static void add(Map<Gpu, List<Claim>> claims, Claim claim) {
    claims.computeIfAbsent(claim.touch.gpu(), gpu -> new ArrayList<>()).add(claim);
  }

  List<SimulatedNode> nodes() {
    return List.copyOf(nodes.values());
  }
}
