package gpu.kerf.model.demand;

import gpu.kerf.model.demand.PodDemand.Container;
import gpu.kerf.model.demand.PodDemand.Reuse;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which containers of a pod get slots of their own, and which init containers use those of another
 * container.
 *
 * <p>Init containers run one after the other, and each ends before the next one starts. Sidecars
 * and main containers run on. So an init container that ends never runs together with another one
 * that ends, nor with a sidecar or a main container that starts after it. It can use the slots of
 * such a container, as kube-scheduler's own plugin for extended resources by DRA gives devices on.
 *
 * <p><b>A pod holds no more than Kubernetes counts for it.</b> Of each resource, Kubernetes counts
 * the larger of two: the sum of all containers that run on, and the most that an init container
 * needs together with the sidecars before it. Quota follows that count, so slots of its own for
 * every init container would be a way past quota. Therefore an init container
 *
 * <ol>
 *   <li>uses the slots of a container that never runs at the same time, where they cover what it
 *       asks;
 *   <li>has slots of its own, where no such container asks for the same resource, which is whole
 *       GPUs or parts of GPUs;
 *   <li>enlarges the slots of the only one that does, where it asks for more in every respect; not
 *       those of a sidecar, beside which another init container may run;
 *   <li>is refused otherwise.
 * </ol>
 *
 * <p>All slots are held for the pod's whole life: what a pod was given when it was bound does not
 * change before it ends.
 *
 * @param owners the containers with slots of their own, in the order in which they start, with the
 *     demand for which these slots are
 * @param refused the init containers for which there is no way
 */
public record SlotReuse(List<Container> owners, List<Reuse> reuses, List<Refused> refused) {

  /**
   * An init container that would make the pod hold more than Kubernetes counts for it.
   *
   * @param others the containers that ask for the same resource and never run at the same time
   */
  public record Refused(Container container, List<Container> others) {
    public Refused {
      others = List.copyOf(others);
    }
  }

  public SlotReuse {
    owners = List.copyOf(owners);
    reuses = List.copyOf(reuses);
    refused = List.copyOf(refused);
  }

  /**
   * Divides the containers that ask.
   *
   * @param inits the init containers and sidecars, in the order in which they start
   * @param sidecars the names of the sidecars among them
   */
  public static SlotReuse of(List<Container> inits, Set<String> sidecars, List<Container> mains) {
    List<Container> asking = new ArrayList<>(inits);
    asking.addAll(mains);
    boolean plain = inits.stream().allMatch(each -> sidecars.contains(each.name()));
    return plain
        ? new SlotReuse(asking, List.of(), List.of())
        : new Division(asking, sidecars, inits.size()).result();
  }

  /** A pod while it is being divided. */
  private static final class Division {
    private final List<Container> asking;
    private final boolean[] ends;
    private final int firstMain;

    /** In place of a container that has no slots there is null. */
    private final List<@Nullable Container> owners = new ArrayList<>();

    private final List<Reuse> reuses = new ArrayList<>(1);
    private final List<Refused> refused = new ArrayList<>(0);

    Division(List<Container> asking, Set<String> sidecars, int firstMain) {
      this.asking = asking;
      this.firstMain = firstMain;
      this.ends = new boolean[asking.size()];
      for (int i = 0; i < asking.size(); i++) {
        ends[i] = i < firstMain && !sidecars.contains(asking.get(i).name());
        owners.add(ends[i] ? null : asking.get(i));
      }
    }

    SlotReuse result() {
      for (int i = 0; i < asking.size(); i++) {
        if (ends[i]) {
          divide(i);
        }
      }
      List<Container> left = new ArrayList<>();
      for (Container owner : owners) {
        if (owner != null) {
          left.add(owner);
        }
      }
      return new SlotReuse(left, reuses, refused);
    }

    private void divide(int index) {
      Container container = asking.get(index);
      Demand demand = container.demand();
      List<Integer> others = others(index);
      int covering = covering(demand, others);
      if (covering >= 0) {
        reuses.add(new Reuse(container.name(), owner(covering).name(), false));
      } else if (others.isEmpty()) {
        owners.set(index, container);
      } else if (others.size() == 1 && canEnlarge(others.get(0), demand)) {
        int only = others.get(0);
        Container smaller = owner(only);
        int most = mostOfEach(smaller.demand(), demand.gpus());
        owners.set(only, new Container(smaller.name(), demand.holdingAtMost(most)));
        reuses.add(new Reuse(container.name(), smaller.name(), true));
      } else {
        refused.add(new Refused(container, others.stream().map(this::owner).toList()));
      }
    }

    /** The bound of larger slots: what was counted for a container, over as many GPUs as these. */
    private static int mostOfEach(Demand counted, int gpus) {
      long all = (long) counted.mostMiB() * counted.gpus();
      return (int) ((all + gpus - 1) / gpus);
    }

    private boolean canEnlarge(int other, Demand demand) {
      boolean sidecar = other < firstMain && !ends[other];
      return !sidecar && demand.covers(owner(other).demand());
    }

    /** The owners of the same resource that never run together with an init container that ends. */
    private List<Integer> others(int index) {
      boolean whole = isWhole(asking.get(index));
      List<Integer> others = new ArrayList<>();
      for (int i = 0; i < owners.size(); i++) {
        Container owner = owners.get(i);
        boolean apart = i > index || ends[i];
        if (owner != null && apart && isWhole(owner) == whole) {
          others.add(i);
        }
      }
      return others;
    }

    /** The first that asks the same, else the first that covers it; -1 if none does. */
    private int covering(Demand demand, List<Integer> others) {
      int covering = -1;
      for (int i : others) {
        if (owner(i).demand().equals(demand)) {
          return i;
        }
        covering = covering < 0 && owner(i).demand().covers(demand) ? i : covering;
      }
      return covering;
    }

    private Container owner(int index) {
      Container owner = owners.get(index);
      if (owner == null) {
        throw new IllegalArgumentException(
            "The container (" + index + ") has no slots.\nName one that has.");
      }
      return owner;
    }

    private static boolean isWhole(Container container) {
      return container.demand().size() instanceof Size.Whole;
    }
  }
}
