package gpu.kerf.model.team;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Pods that start together: a gang, or a single pod as a gang of one.
 *
 * @param team the team without children to which it belongs
 * @param since when it was created, in milliseconds; the older goes first
 * @param minimum how many members must start together; the others may follow one by one
 * @param evictable whether other teams may take its GPUs back; work that is not evictable starts
 *     within the guarantee only
 */
public record Work(
    String id,
    String team,
    int priority,
    long since,
    List<Member> members,
    int minimum,
    boolean evictable) {

  /** Kubernetes' own gangs end here too. */
  public static final int MOST_MEMBERS = 512;

  /** The pod may run for as long as it likes. */
  public static final long NO_DEADLINE = Long.MAX_VALUE;

  /**
   * A pod of the work.
   *
   * @param longestMillis how long it may run; {@link #NO_DEADLINE} if nothing ends it
   */
  public record Member(Holder holder, PodDemand demand, long longestMillis) {

    /** A pod without a deadline. */
    public Member(Holder holder, PodDemand demand) {
      this(holder, demand, NO_DEADLINE);
    }
  }

  public Work {
    members = List.copyOf(members);
    if (members.isEmpty() || members.size() > MOST_MEMBERS) {
      throw new IllegalArgumentException(
          "The number of members (%d) of work %s must be between 1 and %d.\nMaybe split the gang."
              .formatted(members.size(), id, MOST_MEMBERS));
    }
    if (minimum < 1 || minimum > members.size()) {
      throw new IllegalArgumentException(
          "The minimum (%d) of work %s must be between 1 and its members (%d).\n"
                  .formatted(minimum, id, members.size())
              + "Write the number of pods that must start together.");
    }
  }

  /** A single pod. */
  public static Work of(Holder holder, String team, long since, PodDemand demand) {
    return of(holder, team, since, demand, NO_DEADLINE);
  }

  /** A single pod that may run for so long. */
  public static Work of(
      Holder holder, String team, long since, PodDemand demand, long longestMillis) {
    List<Member> alone = List.of(new Member(holder, demand, longestMillis));
    return new Work(holder.uid(), team, holder.priority(), since, alone, 1, true);
  }

  /** The same work with as many members as must start together. */
  Work atMinimum() {
    return new Work(id, team, priority, since, members.subList(0, minimum), minimum, evictable);
  }

  /** The members that have no place among these, each as work of its own. */
  public List<Work> without(List<Ledger.Claim> places) {
    Set<String> placed = new HashSet<>();
    places.forEach(place -> placed.add(place.holder().uid()));
    List<Work> rest = new ArrayList<>();
    for (Member member : members) {
      String uid = member.holder().uid();
      if (!placed.contains(uid)) {
        rest.add(new Work(uid, team, priority, since, List.of(member), 1, evictable));
      }
    }
    return rest;
  }

  /** How long the member may run that may run longest. */
  long longestMillis() {
    long longest = 0;
    for (Member member : members) {
      longest = Math.max(longest, member.longestMillis());
    }
    return longest;
  }

  /** What its members ask for, in order. */
  List<PodDemand> demands() {
    return members.stream().map(Member::demand).toList();
  }
}
