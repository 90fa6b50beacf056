package gpu.kerf.extender.telemetry;

import gpu.kerf.model.cost.Price;
import gpu.kerf.model.cost.PriceList;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Slot;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Sums of held GPU memory and time, by namespace.
 *
 * <p>Every change first adds what was held since the one before, so that the sums are exact at
 * every read. A clock that goes backwards adds nothing. Namespaces beyond the limit count together
 * as {@link #OTHER}; those that came first keep their own counts, because a counter must not change
 * its meaning.
 */
public final class Accounting {
  /** The namespaces that have no counts of their own. */
  public static final String OTHER = "other";

  private static final double MILLIS = 1000;
  private static final double MICROS = 1e6;

  private final InstantSource clock;
  private final int limit;
  private final Map<String, Account> accounts = new TreeMap<>();
  private final Map<String, Hold> holds = new HashMap<>();
  private final Map<String, Set<String>> byNode = new HashMap<>();
  private PriceList prices = new PriceList("", Map.of(), Price.ZERO);

  /** What one namespace has used. */
  public static final class Account {
    private long heldMiB;
    private double heldGpus;
    private double costPerHour;
    private double mebibyteSeconds;
    private double gpuSeconds;
    private double cost;
    private long placed;
    private double waitedSeconds;
    private long since;

    private Account(long now) {
      since = now;
    }

    private void settle(long now) {
      double seconds = Math.max(0, now - since) / MILLIS;
      mebibyteSeconds += heldMiB * seconds;
      gpuSeconds += heldGpus * seconds;
      cost += costPerHour * seconds / 3600;
      since = now;
    }

    private void add(Hold hold, int sign) {
      heldMiB += sign * hold.placement.memoryMiB();
      heldGpus = Math.max(0, heldGpus + sign * hold.gpus);
      costPerHour = Math.max(0, costPerHour + sign * hold.perHour);
    }

    public long heldMiB() {
      return heldMiB;
    }

    public double mebibyteSeconds() {
      return mebibyteSeconds;
    }

    public double gpuSeconds() {
      return gpuSeconds;
    }

    public double cost() {
      return cost;
    }

    public long placed() {
      return placed;
    }

    public double waitedSeconds() {
      return waitedSeconds;
    }
  }

  private record Hold(
      String account,
      Placement placement,
      double gpus,
      double perHour,
      Map<String, Double> parts) {}

  /**
   * @param limit how many namespaces have counts of their own
   */
  public Accounting(InstantSource clock, int limit) {
    this.clock = clock;
    this.limit = limit;
  }

  /** A pod holds slots from now on; a pod that held others before holds these instead. */
  public void took(String uid, String namespace, Placement placement, @Nullable NodeState node) {
    released(uid);
    Map<String, Double> parts = new HashMap<>();
    double gpus = 0;
    for (Slot slot : placement.slots()) {
      NodeState there = node != null && slot.gpu() < node.gpus() ? node : null;
      double part = part(slot, there);
      gpus += part;
      parts.merge(there == null ? "" : there.gpuModel(slot.gpu()).name(), part, Double::sum);
    }
    Hold hold = priced(accountOf(namespace), placement, gpus, parts);
    holds.put(uid, hold);
    byNode.computeIfAbsent(placement.node(), name -> new HashSet<>()).add(uid);
    settled(hold.account).add(hold, 1);
  }

  private static double part(Slot slot, @Nullable NodeState node) {
    if (slot instanceof Slot.Whole) {
      return 1;
    }
    double memory = node == null ? 0 : node.spec().gpus().get(slot.gpu()).memoryMiB();
    return memory == 0 ? 0 : Math.min(1, slot.memoryMiB() / memory);
  }

  private Hold priced(String account, Placement placement, double gpus, Map<String, Double> parts) {
    double cost = 0;
    for (Map.Entry<String, Double> each : parts.entrySet()) {
      cost += prices.of(each.getKey()).micros() / MICROS * each.getValue();
    }
    return new Hold(account, placement, gpus, cost, parts);
  }

  /** A pod holds nothing any more. */
  public void released(String uid) {
    Hold hold = holds.remove(uid);
    if (hold != null) {
      settled(hold.account).add(hold, -1);
      Set<String> there = byNode.get(hold.placement.node());
      if (there != null && there.remove(uid) && there.isEmpty()) {
        byNode.remove(hold.placement.node());
      }
    }
  }

  /** A pod with GPUs was bound after so long. */
  public void placed(String namespace, long waitedMillis) {
    Account account = settled(accountOf(namespace));
    account.placed++;
    account.waitedSeconds += Math.max(0, waitedMillis) / MILLIS;
  }

  /** Takes over what a ledger says of one node. */
  public void follow(Ledger ledger, String node) {
    for (String uid : List.copyOf(byNode.getOrDefault(node, Set.of()))) {
      Entry entry = ledger.entry(uid);
      if (entry == null || !holds(entry) || !entry.placement().node().equals(node)) {
        released(uid);
      }
    }
    for (Entry entry : ledger.entriesOn(node)) {
      Hold known = holds.get(entry.uid());
      if (holds(entry) && (known == null || !known.placement.equals(entry.placement()))) {
        String namespace = entry.holder().namespace();
        took(entry.uid(), namespace, entry.placement(), ledger.fleet().node(node));
      }
    }
  }

  private static boolean holds(Entry entry) {
    return entry.state() != Entry.State.PROPOSED;
  }

  /** Prices of an hour of a GPU by model, from now on. */
  public void prices(PriceList perHour) {
    prices = perHour;
    settle();
    accounts.values().forEach(account -> account.costPerHour = 0);
    holds.replaceAll((uid, hold) -> repriced(hold));
  }

  /** What an hour of a GPU of a model costs. */
  double pricePerHour(String model) {
    return prices.of(model).micros() / MICROS;
  }

  private Hold repriced(Hold hold) {
    Hold again = priced(hold.account, hold.placement, hold.gpus, hold.parts);
    settled(hold.account).costPerHour += again.perHour;
    return again;
  }

  /** The account on which a namespace's pods count. */
  public String accountOf(String namespace) {
    if (accounts.containsKey(namespace)) {
      return namespace;
    }
    int own = accounts.size() - (accounts.containsKey(OTHER) ? 1 : 0);
    String name = own < limit ? namespace : OTHER;
    accounts.computeIfAbsent(name, key -> new Account(clock.millis()));
    return name;
  }

  private Account settled(String name) {
    Account account = accounts.computeIfAbsent(name, key -> new Account(clock.millis()));
    account.settle(clock.millis());
    return account;
  }

  private void settle() {
    long now = clock.millis();
    accounts.values().forEach(account -> account.settle(now));
  }

  /** Every account up to now. */
  public Map<String, Account> accounts() {
    settle();
    return accounts;
  }
}
