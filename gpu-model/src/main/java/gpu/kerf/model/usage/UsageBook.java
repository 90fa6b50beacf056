package gpu.kerf.model.usage;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The exact integral of GPU time, by hour, owner and GPU: in thousandths of GPUs times
 * milliseconds, and in MiB times milliseconds.
 *
 * <p>A holding counts from the moment at which it began to the moment at which it ended; both may
 * lie in the past when they are told. It counts for its team and for each team above it, as they
 * were at that time. Running sums take a few additions per begin and end, however much time passes
 * in between.
 *
 * <p>After a restart, {@link #restore} says what a team had used up to a moment. What was used
 * before that moment is not counted a second time for that team, whenever it began. Cells are not
 * restored: those of pods that still run are worked out again.
 *
 * <p>The clock may be any that does not go back, except by {@link #jump}. One thread owns a book.
 */
public final class UsageBook implements TeamUsage, UsageSource {

  /** The team of pods that have none. */
  public static final String NO_TEAM = "";

  /** For what has ended. What runs takes its place beside that. */
  private static final long MOST_BYTES = 6L << 20;

  private final LongSupplier clock;
  private final long begun;
  private final int keptHours;
  private final CellStore ended;
  private final Map<String, UsageAccount> accounts = new HashMap<>();

  /** The accounts of teams and those above them: most pods share theirs with others. */
  private final Map<List<String>, List<UsageAccount>> paths = new HashMap<>();

  private final Map<String, String> namespaces = new HashMap<>();

  /** What this process has counted by namespace and GPU model. */
  private final Map<Place, UsageMeter> places = new HashMap<>();

  private final List<UsageHolding> running = new ArrayList<>();

  /** GPUs of one model that pods of one namespace hold. */
  public record Place(String namespace, String model) {}

  /**
   * @param clock milliseconds since 1970
   * @param keptHours how many hours are told apart; what is older stays in the sums alone
   */
  public UsageBook(LongSupplier clock, int keptHours) {
    this(clock, keptHours, MOST_BYTES);
  }

  UsageBook(LongSupplier clock, int keptHours, long mostBytes) {
    if (keptHours < 1) {
      throw new IllegalArgumentException(
          "The number of hours (" + keptHours + ") that are kept must be at least 1.\nTry 840.");
    }
    this.clock = clock;
    this.begun = clock.getAsLong();
    this.keptHours = keptHours;
    this.ended = new CellStore(mostBytes);
    prune();
  }

  private long now() {
    return clock.getAsLong();
  }

  // ---- what is told

  /**
   * A pod holds parts of GPUs since a moment.
   *
   * @param teams its team, and those above it; {@link #NO_TEAM} for none
   */
  public UsageHolding begin(
      String namespace, String owner, List<String> teams, List<UsagePart> parts, long since) {
    String shared = namespaces.computeIfAbsent(namespace, same -> same);
    UsageHolding holding = new UsageHolding(shared, owner, teams, merged(parts));
    holding.moveTo(running.size());
    running.add(holding);
    begin(holding, Math.min(since, now()));
    return holding;
  }

  private void begin(UsageHolding holding, long at) {
    holding.begin(accountsOf(holding.teams()), at);
    for (UsagePart part : holding.parts()) {
      meter(holding, part).begin(part.milli(), at);
    }
  }

  private UsageMeter meter(UsageHolding holding, UsagePart part) {
    return places.computeIfAbsent(
        new Place(holding.namespace(), part.model()), any -> new UsageMeter(begun, begun, 0));
  }

  private static List<UsagePart> merged(List<UsagePart> parts) {
    if (parts.size() == 1) {
      return parts;
    }
    List<UsagePart> merged = new ArrayList<>(parts.size());
    for (UsagePart part : parts) {
      int same = 0;
      while (same < merged.size() && !merged.get(same).isOfSame(part)) {
        same++;
      }
      if (same < merged.size()) {
        merged.set(same, merged.get(same).and(part));
      } else {
        merged.add(part);
      }
    }
    return merged;
  }

  private List<UsageAccount> accountsOf(List<String> teams) {
    return paths.computeIfAbsent(teams, this::accounts);
  }

  private List<UsageAccount> accounts(List<String> teams) {
    List<UsageAccount> all = new ArrayList<>(teams.size());
    for (String team : teams) {
      all.add(accounts.computeIfAbsent(team, any -> account(null)));
    }
    return List.copyOf(all);
  }

  private UsageAccount account(@Nullable UsageCheckpoint restored) {
    return new UsageAccount(begun, begun, keptHours, restored);
  }

  /** A pod holds nothing any more since a moment. What has ended is not ended again. */
  public void end(UsageHolding holding, long at) {
    if (!holding.isHeld()) {
      return;
    }
    UsageHolding last = running.remove(running.size() - 1);
    if (last != holding) {
      running.set(holding.place(), last);
      last.moveTo(holding.place());
    }
    holding.moveTo(-1);
    close(holding, Math.min(at, now()));
  }

  private void close(UsageHolding holding, long at) {
    holding.end(at);
    for (int i = 0; i < holding.parts().size(); i++) {
      UsagePart part = holding.parts().get(i);
      ended.add(holding.key(i), part, holding.since(), at);
      meter(holding, part).end(part.milli(), holding.since(), at);
    }
  }

  /**
   * A pod counts for other teams, or holds other parts, from now on. Its use up to now is settled:
   * an end that turns out to be earlier does not change it any more.
   */
  public void change(UsageHolding holding, List<String> teams, List<UsagePart> parts) {
    List<UsagePart> others = merged(parts);
    boolean same = holding.teams().equals(teams) && holding.parts().equals(others);
    if (holding.isHeld() && !same) {
      long now = now();
      close(holding, now);
      holding.become(teams, others);
      begin(holding, now);
    }
  }

  /**
   * The clock has jumped: what runs counts up to the time before the jump, and from the time after
   * it.
   */
  public void jump(long before, long after) {
    running.forEach(holding -> close(holding, before));
    if (after < before) {
      accounts.values().forEach(account -> account.jumpBack(after));
      places.values().forEach(meter -> meter.countFrom(after));
      ended.keepFrom(CellStore.hourOf(after) - keptHours + 1);
    }
    running.forEach(holding -> begin(holding, after));
  }

  /**
   * What a team had used before this process began. It counts for a team of which nothing has been
   * counted yet.
   */
  public void restore(String team, UsageCheckpoint checkpoint) {
    if (!accounts.containsKey(team)) {
      accounts.put(team, account(checkpoint));
    }
  }

  /** Forgets teams that are none of these, except those for which pods still count. */
  public void keepTeams(Set<String> teams) {
    Set<String> counted = new HashSet<>(teams);
    running.forEach(holding -> counted.addAll(holding.teams()));
    accounts.keySet().retainAll(counted);
    paths.clear();
  }

  /** Drops hours that are too old; to be called now and then. */
  public void prune() {
    ended.dropBefore(CellStore.hourOf(now()) - keptHours + 1);
  }

  // ---- what is asked

  /** The teams for which something was counted or restored. */
  public Collection<String> teams() {
    return List.copyOf(accounts.keySet());
  }

  /** What a team and the teams below it have used in all. */
  public long total(String team) {
    UsageAccount account = accounts.get(team);
    return account == null ? 0 : account.total(now());
  }

  /** The part of it that was used since this process began, or since what it was restored from. */
  public long counted(String team) {
    UsageAccount account = accounts.get(team);
    return account == null ? 0 : account.counted(now());
  }

  /** What each namespace has used of each GPU model since this process began. */
  public Map<Place, Long> countedByPlace() {
    long now = now();
    Map<Place, Long> counted = new HashMap<>();
    places.forEach((place, meter) -> counted.put(place, meter.read(now)));
    return counted;
  }

  @Override
  public long milliGpuMillis(String team, long fromMillis) {
    UsageAccount account = accounts.get(team);
    long now = now();
    return account == null || fromMillis > now ? 0 : account.since(fromMillis, running, now);
  }

  /** What a team has used, to be kept for the next start; null if nothing was counted for it. */
  public @Nullable UsageCheckpoint checkpoint(String team) {
    UsageAccount account = accounts.get(team);
    return account == null ? null : account.checkpoint(now());
  }

  /** How many pods hold GPUs. */
  public int running() {
    return running.size();
  }

  /** From when on the cells are complete; those of earlier hours are of some pods alone. */
  public long completeSince() {
    return Math.max(begun, ended.keptFrom() * CellStore.HOUR);
  }

  @Override
  public void cells(long fromMillis, long toMillis, Consumer<UsageCell> each) {
    long now = now();
    long first = Math.max(CellStore.hourOf(fromMillis), firstHour());
    long last = CellStore.hourOf(Math.min(toMillis, now + 1) - 1);
    int size = running.size();
    for (long hour = first; hour <= last; hour++) {
      HourCells sum = new HourCells(size);
      ended.addTo(sum, hour);
      for (UsageHolding holding : running) {
        addTo(sum, hour, holding, now);
      }
      size = sum.size();
      long start = hour * CellStore.HOUR;
      sum.each(
          (key, gpu, milli, mebibytes) ->
              each.accept(new UsageCell(start, key, gpu, milli, mebibytes)));
    }
  }

  private static void addTo(HourCells sum, long hour, UsageHolding holding, long now) {
    long millis = CellStore.overlap(hour, holding.since(), now);
    for (int i = 0; millis > 0 && i < holding.parts().size(); i++) {
      UsagePart part = holding.parts().get(i);
      sum.add(holding.key(i), part.gpu(), part.milli() * millis, part.mebibytes() * millis);
    }
  }

  private long firstHour() {
    long first = ended.first();
    for (UsageHolding holding : running) {
      first = Math.min(first, CellStore.hourOf(holding.since()));
    }
    return Math.max(first, ended.keptFrom());
  }
}
