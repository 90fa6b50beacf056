package gpu.kerf.model.team;

import gpu.kerf.model.eviction.Candidate;
import gpu.kerf.model.eviction.Victims;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which running work may be evicted so that a team gets back what is its own.
 *
 * <p>Take the team that asks and the team of a victim, and go up to the siblings under which they
 * stand. The asker's side must stay within what it is entitled to, its <i>floor</i>, with the new
 * work; the victim's side, and every team between it and the victim, must keep its own floor
 * without the victim. So a reclaim makes more of the floors at the level of the siblings, and less
 * of none there or further down.
 *
 * <p>Teams above both may fall under their guarantees for a guarantee below them, by what a gang
 * holds more than was asked for, because their parts come first; by no other rule. They get it back
 * from other teams, which makes less of no floor further down. So at the lowest level at which
 * anything changes it only grows, and reclaims end.
 */
final class TakenBack implements Victims {

  private final TeamBook book;
  private final TeamNode asker;
  private final GpuHolding wanted;
  private final Reclaim.Rule rule;
  private final long now;
  private final long since;
  private final @Nullable DrainedPlace place;
  private final Set<TeamNode> above = new HashSet<>();
  private final Set<TeamNode> entitled = new HashSet<>();
  private final Set<RunningWork> agreed = new HashSet<>();
  private final Map<RunningWork, GpuHolding> holdings = new HashMap<>();

  TakenBack(TeamBook book, TeamNode asker, GpuHolding wanted, Reclaim.Rule rule, long now) {
    this(book, asker, wanted, rule, now, Long.MIN_VALUE, null);
  }

  /** What has filled in a drained place since it is drained. */
  static TakenBack fillingIn(
      TeamBook book, TeamNode asker, GpuHolding wanted, long now, DrainedPlace place) {
    // what started in the round that chose the place was there before it
    long after = place.since() + 1;
    return new TakenBack(book, asker, wanted, Reclaim.Rule.PATIENCE, now, after, place);
  }

  /** What has started since then, and so has overtaken the work that asks. */
  static TakenBack ofShare(TeamBook book, TeamNode asker, GpuHolding wanted, long now, long since) {
    return new TakenBack(book, asker, wanted, Reclaim.Rule.SHARE, now, since, null);
  }

  private TakenBack(
      TeamBook book,
      TeamNode asker,
      GpuHolding wanted,
      Reclaim.Rule rule,
      long now,
      long since,
      @Nullable DrainedPlace place) {
    this.place = place;
    this.book = book;
    this.asker = asker;
    this.wanted = wanted;
    this.rule = rule;
    this.now = now;
    this.since = since;
    for (TeamNode node = asker; node != null; node = node.parent) {
      above.add(node);
      if (node.parent != null && isEntitled(node)) {
        entitled.add(node);
      }
    }
  }

  /** Whether the asker may take anything from other teams. */
  boolean isEntitled() {
    return !entitled.isEmpty();
  }

  private boolean isEntitled(TeamNode node) {
    if (node.held + wanted.milli() <= floor(node)) {
      return true;
    }
    if (rule == Reclaim.Rule.GUARANTEE) {
      for (Map.Entry<String, TeamNode.ModelPart> part : node.models.entrySet()) {
        long ofModel = wanted.of(part.getKey());
        if (ofModel > 0 && part.getValue().held + ofModel <= part.getValue().guarantee) {
          return true;
        }
      }
    }
    return false;
  }

  /** What the rule gives back to a team. Nothing is taken from below a guarantee by any rule. */
  private long floor(TeamNode node) {
    return rule == Reclaim.Rule.SHARE ? node.share : node.guarantee();
  }

  private long kept(TeamNode node) {
    return rule == Reclaim.Rule.SHARE ? Math.max(node.share, node.guarantee()) : node.guarantee();
  }

  @Override
  public boolean mayGo(Candidate candidate) {
    RunningWork work = book.runningOf(candidate.uid());
    TeamNode leaf = work == null ? null : book.nodes().find(work.work.team());
    if (work == null || leaf == null || work.leaving || !work.work.evictable()) {
      return false;
    }
    if (agreed.contains(work)) {
      return false;
    }
    if (place == null && leaf.yields()) {
      return true;
    }
    boolean may = place == null ? isBelowEntitled(leaf) : place.touches(candidate.placement());
    return may
        && leaf != asker
        && work.started >= since
        && isOld(work, leaf)
        && hasEnough(work, leaf);
  }

  private boolean isOld(RunningWork work, TeamNode leaf) {
    return now - work.started >= leaf.minRuntimeMillis();
  }

  /** Whether the asker is entitled where its way to the top and the victim's meet. */
  private boolean isBelowEntitled(TeamNode leaf) {
    TeamNode meeting = leaf;
    while (meeting != null && !above.contains(meeting)) {
      meeting = meeting.parent;
    }
    for (TeamNode node = asker; node != null; node = node.parent) {
      if (node.parent == meeting) {
        return entitled.contains(node);
      }
    }
    return false;
  }

  private boolean hasEnough(RunningWork work, TeamNode leaf) {
    Count count = new Count();
    count.add(work, leaf);
    return !count.isTooMuch();
  }

  /** This work is evicted; what else is counted comes on top of it. */
  void agree(RunningWork work) {
    agreed.add(work);
  }

  @Override
  public Tally tally() {
    return new Count();
  }

  private GpuHolding holding(RunningWork work) {
    return holdings.computeIfAbsent(work, RunningWork::holding);
  }

  /** What is taken from each team: a gang counts whole, however many of its pods are named. */
  private final class Count implements Tally {
    private final Map<RunningWork, Integer> hits = new HashMap<>();
    private final Map<TeamNode, Long> taken = new HashMap<>();
    private final Map<TeamNode, Map<String, Long>> takenOfModel = new HashMap<>();
    private int exceeded;

    Count() {
      for (RunningWork work : agreed) {
        add(work, book.nodes().find(work.work.team()));
      }
    }

    @Override
    public void add(Candidate candidate) {
      RunningWork work = book.runningOf(candidate.uid());
      if (work != null && hits.merge(work, 1, Integer::sum) == 1) {
        add(work, book.nodes().find(work.work.team()));
      }
    }

    void add(RunningWork work, @Nullable TeamNode leaf) {
      count(work, leaf, 1);
    }

    @Override
    public void remove(Candidate candidate) {
      RunningWork work = book.runningOf(candidate.uid());
      if (work != null && hits.merge(work, -1, Integer::sum) == 0) {
        count(work, book.nodes().find(work.work.team()), -1);
      }
    }

    private void count(RunningWork work, @Nullable TeamNode leaf, int sign) {
      GpuHolding holding = holding(work);
      if (leaf != null && leaf.yields()) {
        // It runs on what no other team wants: no team keeps it.
        return;
      }
      for (TeamNode node = leaf; node != null && !isFree(node); node = node.parent) {
        long before = taken.getOrDefault(node, 0L);
        long after = before + sign * holding.milli();
        taken.put(node, after);
        exceeded += change(before, after, spare(node.held, kept(node), own(node, wanted.milli())));
        for (Map.Entry<String, TeamNode.ModelPart> part : node.models.entrySet()) {
          countModel(node, part.getKey(), part.getValue(), sign * holding.of(part.getKey()));
        }
      }
    }

    /** Whether a team may fall under its floor. */
    private boolean isFree(TeamNode node) {
      return rule == Reclaim.Rule.GUARANTEE && above.contains(node);
    }

    private void countModel(TeamNode node, String model, TeamNode.ModelPart part, long milli) {
      Map<String, Long> ofNode = takenOfModel.computeIfAbsent(node, any -> new HashMap<>());
      long before = ofNode.getOrDefault(model, 0L);
      ofNode.put(model, before + milli);
      long spare = spare(part.held, part.guarantee, own(node, wanted.of(model)));
      exceeded += change(before, before + milli, spare);
    }

    private long own(TeamNode node, long milli) {
      return above.contains(node) ? milli : 0;
    }

    private static long spare(long held, long floor, long own) {
      return Math.max(0, held - floor) + own;
    }

    /** 1 if the amount grows over what can be spared, -1 if it falls below, else 0. */
    private static int change(long before, long after, long spare) {
      return (after > spare ? 1 : 0) - (before > spare ? 1 : 0);
    }

    @Override
    public boolean isTooMuch() {
      return exceeded > 0;
    }
  }
}
