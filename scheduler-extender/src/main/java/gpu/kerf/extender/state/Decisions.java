package gpu.kerf.extender.state;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A bounded list of the latest decisions. */
public final class Decisions {

  private static final int MOST = 2_048;

  private final @Nullable Decision[] ring = new Decision[MOST];
  private final List<Consumer<Decision>> listeners = new ArrayList<>();
  private long next = 1;

  /** The id of the next decision. */
  long nextId() {
    return next;
  }

  void add(Decision decision) {
    ring[(int) (next % MOST)] = decision;
    next++;
    for (Consumer<Decision> listener : listeners) {
      listener.accept(decision);
    }
  }

  /** From now on tells every decision as it is made, on the thread that decides. */
  public void onEach(Consumer<Decision> listener) {
    listeners.add(listener);
  }

  /** The latest, newest first; of one pod only unless its uid is empty. */
  public List<Decision> latest(int limit, String uid) {
    return latest(limit, decision -> uid.isEmpty() || decision.pod().uid().equals(uid));
  }

  /** The latest that are wanted, newest first. */
  public List<Decision> latest(int limit, Predicate<Decision> wanted) {
    List<Decision> result = new ArrayList<>();
    for (long id = next - 1; id >= Math.max(1, next - MOST) && result.size() < limit; id--) {
      Decision decision = ring[(int) (id % MOST)];
      if (decision != null && wanted.test(decision)) {
        result.add(decision);
      }
    }
    return result;
  }
}
