package gpu.kerf.model.team;

import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.NodeState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The places that are kept free for single pieces of work, oldest first. */
public final class DrainedPlaces {

  private final Map<String, DrainedPlace> places = new LinkedHashMap<>();

  void put(DrainedPlace place) {
    places.put(place.work(), place);
  }

  /** The work has started, or waits no more. */
  public void remove(String work) {
    places.remove(work);
  }

  public @Nullable DrainedPlace of(String work) {
    return places.get(work);
  }

  public Collection<DrainedPlace> all() {
    return Collections.unmodifiableCollection(places.values());
  }

  boolean isEmpty() {
    return places.isEmpty();
  }

  /** How many GPUs get no new work. */
  int gpus() {
    return places.values().stream().mapToInt(DrainedPlace::size).sum();
  }

  /**
   * Keeps all work off these GPUs but one, until {@link #unblock}.
   *
   * @param all whether that holds where work may fill in, too
   */
  public void block(Fleet fleet, String but, boolean all) {
    for (DrainedPlace place : places.values()) {
      if (isBlocked(place, but, all)) {
        place.block(fleet);
      }
    }
  }

  /**
   * Keeps all work off these GPUs until it is undone. What happens to the fleet meanwhile may put
   * another state in the place of a node's; that one was never blocked, and stays as it is.
   */
  public Ledger.Undo block(Fleet fleet) {
    List<Runnable> undo = new ArrayList<>();
    for (DrainedPlace place : places.values()) {
      for (String name : place.gpus().keySet()) {
        NodeState node = fleet.node(name);
        if (node != null) {
          place.block(node);
          undo.add(() -> place.unblock(node));
        }
      }
    }
    return () -> undo.forEach(Runnable::run);
  }

  public void unblock(Fleet fleet, String but, boolean all) {
    for (DrainedPlace place : places.values()) {
      if (isBlocked(place, but, all)) {
        place.unblock(fleet);
      }
    }
  }

  private static boolean isBlocked(DrainedPlace place, String but, boolean all) {
    return !place.work().equals(but) && (all || !place.fillable());
  }

  /** The oldest place that is drained for other work, and that may be filled in; null if none. */
  @Nullable DrainedPlace fillable(String but) {
    for (DrainedPlace place : places.values()) {
      if (place.fillable() && !place.work().equals(but)) {
        return place;
      }
    }
    return null;
  }

  /** The same on a copy of a node that is thrown away. */
  void block(NodeState copy, String but, boolean all) {
    for (DrainedPlace place : places.values()) {
      if (isBlocked(place, but, all)) {
        place.block(copy);
      }
    }
  }
}
