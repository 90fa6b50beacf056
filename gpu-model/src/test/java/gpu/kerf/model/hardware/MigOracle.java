package gpu.kerf.model.hardware;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * MIG by the rules as they are written down, with no table and no bit: a state is a set of
 * instances, and another may join if nothing forbids it.
 */
final class MigOracle {

  /** One instance; the name and start order it within a state. */
  record Instance(MigProfile profile, int start) implements Comparable<Instance> {
    boolean covers(int slice) {
      return slice >= start && slice < start + profile.size();
    }

    boolean overlaps(Instance other) {
      return start < other.start + other.profile.size() && other.start < start + profile.size();
    }

    @Override
    public int compareTo(Instance other) {
      return start != other.start
          ? start - other.start
          : profile.name().compareTo(other.profile.name());
    }
  }

  private final GpuModel model;
  private final List<Instance> possible = new ArrayList<>();

  MigOracle(GpuModel model, Predicate<MigProfile> among) {
    this.model = model;
    for (MigProfile profile : model.profiles()) {
      for (int start = 0; start < model.slices(); start++) {
        if (among.test(profile) && profile.startsAt(start)) {
          possible.add(new Instance(profile, start));
        }
      }
    }
  }

  List<Instance> possible() {
    return possible;
  }

  /** Everything that can be reached from an empty GPU by creating instances. */
  Set<Set<Instance>> states() {
    Set<Set<Instance>> seen = new LinkedHashSet<>();
    Deque<Set<Instance>> queue = new ArrayDeque<>();
    seen.add(Set.of());
    queue.add(Set.of());
    while (!queue.isEmpty()) {
      Set<Instance> state = queue.remove();
      for (Instance next : joinable(state)) {
        Set<Instance> more = new TreeSet<>(state);
        more.add(next);
        if (seen.add(more)) {
          queue.add(more);
        }
      }
    }
    return seen;
  }

  List<Instance> joinable(Set<Instance> state) {
    return possible.stream().filter(instance -> canJoin(instance, state)).toList();
  }

  boolean canJoin(Instance instance, Set<Instance> state) {
    return instance.start() + instance.profile().size() <= model.slices()
        && state.stream().noneMatch(instance::overlaps)
        && state.stream()
            .allMatch(other -> mediaAgree(instance, other) && mediaAgree(other, instance));
  }

  /** At most one +me; +me.all beside -me only. */
  private static boolean mediaAgree(Instance one, Instance other) {
    boolean oneAll = one.profile().name().endsWith("+me.all");
    boolean oneMe = one.profile().name().endsWith("+me");
    boolean otherMe = other.profile().name().endsWith("+me");
    boolean otherNone = other.profile().name().endsWith("-me");
    return !(oneAll && !otherNone) && !(oneMe && otherMe);
  }

  static int occupied(Set<Instance> state) {
    int occupied = 0;
    for (int slice = 0; slice < Byte.SIZE; slice++) {
      int at = slice;
      if (state.stream().anyMatch(instance -> instance.covers(at))) {
        occupied += Math.toIntExact(Math.round(Math.pow(2, slice)));
      }
    }
    return occupied;
  }

  static int computeSlices(Set<Instance> state) {
    return state.stream().mapToInt(instance -> instance.profile().computeSlices()).sum();
  }

  static List<MigProfile> set(Set<Instance> state) {
    return state.stream().map(Instance::profile).sorted((a, b) -> a.index() - b.index()).toList();
  }
}
