package gpu.kerf.model.team;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.fleet.Ledger;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All waiting work by its id, and the same work in the lines of its teams. */
final class TeamLines {

  private final Fleet fleet;
  private final Map<String, WaitingWork> byId = new LinkedHashMap<>();
  private Map<ShapeKey, WaitingWork.Shape> shapes = new HashMap<>();
  private int knownModels;

  private record ShapeKey(List<PodDemand> demands, int minimum) {}

  TeamLines(Fleet fleet) {
    this.fleet = fleet;
  }

  void add(Work work, TeamNodes nodes) {
    if (knownModels != fleet.models().size()) {
      refresh(nodes);
    }
    WaitingWork old = remove(work.id(), nodes);
    WaitingWork waiting = new WaitingWork(work, shape(work));
    waiting.keepPlacesOf(old);
    byId.put(work.id(), waiting);
    enter(waiting, nodes);
  }

  private WaitingWork.Shape shape(Work work) {
    if (shapes.size() > 2 * byId.size() + 1000) {
      shapes = new HashMap<>();
    }
    return shapes.computeIfAbsent(
        new ShapeKey(work.demands(), work.minimum()),
        key -> WaitingWork.Shape.of(work, fleet.models()));
  }

  private static void enter(WaitingWork waiting, TeamNodes nodes) {
    TeamNode node = nodes.find(waiting.work.team());
    if (node != null) {
      node.line.add(waiting);
      node.addWaiting(waiting, 1);
      if (waiting.kept != null) {
        node.addHeld(waiting.kept, waiting.work.evictable(), 1);
      }
    }
  }

  @Nullable WaitingWork remove(String id, TeamNodes nodes) {
    WaitingWork waiting = byId.remove(id);
    if (waiting != null) {
      leave(waiting, nodes);
      waiting.gone = true;
    }
    return waiting;
  }

  private static void leave(WaitingWork waiting, TeamNodes nodes) {
    TeamNode node = nodes.find(waiting.work.team());
    if (node != null && node.line.remove(waiting)) {
      node.addWaiting(waiting, -1);
      if (waiting.kept != null) {
        node.addHeld(waiting.kept, waiting.work.evictable(), -1);
      }
    }
  }

  void setNever(WaitingWork waiting, boolean never, TeamNodes nodes) {
    if (!waiting.gone && waiting.never != never) {
      leave(waiting, nodes);
      waiting.never = never;
      enter(waiting, nodes);
    }
  }

  /** Remembers what is kept for work; no places if nothing is. */
  void keep(String id, List<Ledger.Claim> places, TeamNodes nodes) {
    WaitingWork waiting = byId.get(id);
    if (waiting != null) {
      leave(waiting, nodes);
      waiting.kept = places.isEmpty() ? null : GpuHolding.of(places, fleet);
      waiting.keptPlaces = List.copyOf(places);
      waiting.drained = !places.isEmpty();
      enter(waiting, nodes);
    }
  }

  /** Puts all work into the lines of other teams. */
  void use(TeamNodes nodes) {
    byId.values().forEach(waiting -> enter(waiting, nodes));
  }

  /** Works out again what all work asks for, since the fleet is another. */
  void refresh(TeamNodes nodes) {
    knownModels = fleet.models().size();
    shapes = new HashMap<>();
    for (WaitingWork old : List.copyOf(byId.values())) {
      leave(old, nodes);
      old.gone = true;
      WaitingWork waiting = new WaitingWork(old.work, shape(old.work));
      waiting.keepPlacesOf(old);
      byId.put(old.work.id(), waiting);
      enter(waiting, nodes);
    }
  }

  @Nullable WaitingWork find(String id) {
    return byId.get(id);
  }
}
