package gpu.kerf.extender.gang;

import gpu.kerf.extender.wire.PodView;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The pods of one gang that are there, and what they say together.
 *
 * <p>The size is what the pods say that still wait; only if none waits, what the bound ones said. A
 * pod that is being deleted does not count. Of more pods than the size, those that are bound count
 * first, then the oldest; the others are refused.
 */
public final class Gang {

  private static final Comparator<Member> OLDEST_FIRST =
      Comparator.comparing((Member member) -> !member.bound)
          .thenComparingLong(Member::created)
          .thenComparing(member -> member.pod.name());

  /**
   * One pod.
   *
   * @param created when, in milliseconds
   * @param begun when the newest pod was created of those with which this one was bound; 0 if it
   *     was not bound as a part of the gang
   */
  public record Member(
      PodView.Ref pod,
      @Nullable GangSize says,
      long created,
      boolean bound,
      boolean leaving,
      long begun) {
    public String uid() {
      return pod.uid();
    }
  }

  private final GangKey key;
  private final Map<String, Member> members = new LinkedHashMap<>();
  private @Nullable GangSize sizeElsewhere;
  private @Nullable Standing standing;

  /** What follows from the pods that are there. */
  private record Standing(
      @Nullable GangSize size, List<Member> counted, Map<String, String> problems) {}

  Gang(GangKey key) {
    this.key = key;
  }

  void put(Member member) {
    Member before = members.put(member.uid(), member);
    if (!member.equals(before)) {
      standing = null;
    }
  }

  void remove(String uid) {
    members.remove(uid);
    standing = null;
  }

  /** Another object says how many pods there are; null if it is gone. */
  void sizeElsewhere(@Nullable GangSize size) {
    sizeElsewhere = size;
    standing = null;
  }

  boolean isEmpty() {
    return members.isEmpty();
  }

  public GangKey key() {
    return key;
  }

  /** How many pods it has; null while it is not known, or if the pods do not agree. */
  public @Nullable GangSize size() {
    return standing().size;
  }

  /** The pods that count, bound ones first, then the oldest first. */
  public List<Member> members() {
    return standing().counted;
  }

  /** Those of them that wait. */
  public List<Member> waiting() {
    return members().stream().filter(member -> !member.bound).toList();
  }

  /** Why a pod cannot start with this gang; empty if it can. */
  public String problem(String uid) {
    return standing().problems.getOrDefault(uid, "");
  }

  /** Whether enough pods are there to start. */
  public boolean isComplete() {
    GangSize size = size();
    return size != null && members().size() >= size.minimum();
  }

  /** Whether its pods need not start together. */
  public boolean isLoose() {
    GangSize size = size();
    return size != null && size.minimum() == 1;
  }

  public int bound() {
    return (int) members().stream().filter(Member::bound).count();
  }

  /**
   * Whether it has begun to start and is below its minimum since: a pod waits that was there when
   * its other pods were bound. A pod that was created later replaces one that has ended, and a gang
   * that lost a pod goes on as its controller decides.
   */
  public boolean isTorn() {
    GangSize size = size();
    if (size == null || bound() == 0 || bound() >= size.minimum()) {
      return false;
    }
    long begun = members().stream().mapToLong(Member::begun).max().orElse(0);
    return waiting().stream().anyMatch(member -> member.created <= begun);
  }

  /**
   * The running pods that are of no use without some others: all of them, if too few would be left.
   */
  public List<Member> uselessWithout(Set<String> uids) {
    GangSize size = size();
    List<Member> left =
        members().stream().filter(member -> member.bound && !uids.contains(member.uid())).toList();
    return size == null || size.apart() || left.size() >= size.minimum() ? List.of() : left;
  }

  /** When its oldest pod was created. */
  public long since() {
    return members().stream().mapToLong(Member::created).min().orElse(Long.MAX_VALUE);
  }

  /** When its newest pod was created. */
  public long newest() {
    return members().stream().mapToLong(Member::created).max().orElse(0);
  }

  private Standing standing() {
    Standing known = standing;
    if (known == null) {
      known = work();
      standing = known;
    }
    return known;
  }

  private Standing work() {
    List<Member> staying =
        members.values().stream().filter(member -> !member.leaving).sorted(OLDEST_FIRST).toList();
    Set<GangSize> sizes = sizes(staying);
    Map<String, String> problems = new HashMap<>();
    if (sizes.size() > 1) {
      staying.stream()
          .filter(member -> !member.bound)
          .forEach(member -> problems.put(member.uid(), differ(sizes)));
      return new Standing(null, staying, problems);
    }
    GangSize size = sizes.isEmpty() ? sizeElsewhere : sizes.iterator().next();
    int most = size == null ? staying.size() : Math.min(size.most(), staying.size());
    for (Member surplus : staying.subList(most, staying.size())) {
      if (!surplus.bound) {
        problems.put(surplus.uid(), tooMany(most));
      }
    }
    return new Standing(size, List.copyOf(staying.subList(0, most)), problems);
  }

  private static Set<GangSize> sizes(List<Member> staying) {
    boolean someWait = staying.stream().anyMatch(member -> !member.bound);
    Set<GangSize> sizes = new HashSet<>();
    for (Member member : staying) {
      if (member.says != null && !(someWait && member.bound)) {
        sizes.add(member.says);
      }
    }
    return sizes;
  }

  private String differ(Set<GangSize> sizes) {
    Set<Integer> named = new TreeSet<>();
    sizes.forEach(size -> named.addAll(List.of(size.minimum(), size.most())));
    return "The pods of "
        + key
        + " name different numbers ("
        + new ArrayList<>(named)
        + ").\nWrite the same size and the same minimum on all of them.";
  }

  private String tooMany(int most) {
    return key
        + " has its "
        + most
        + " pods already.\nDelete the pods that are too many, or write a larger size on all.";
  }
}
