package gpu.kerf.model.team;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/** Teams on a small fleet. Evicted work is gone at once, and waits again. */
final class TurnScene implements TurnSink {

  static final GpuModel H100 = GpuModel.plain("H100-80GB", 80_000);
  static final GpuModel L4 = GpuModel.plain("L4", 24_000);
  static final long MINUTE = 60_000;

  final Ledger ledger = new Ledger();
  final Chooser chooser = new Chooser(ledger.fleet());
  final DrainedPlaces drained = new DrainedPlaces();
  final LedgerPlaces places = new LedgerPlaces(ledger.fleet(), chooser, drained);
  final TeamBook book = new TeamBook(ledger.fleet());
  final Map<String, WaitReason> reasons = new HashMap<>();
  final List<String> started = new ArrayList<>();
  final List<String> overspent = new ArrayList<>();
  final List<Reclaim> reclaims = new ArrayList<>();
  final Map<String, Work> running = new LinkedHashMap<>();
  TurnRules rules = new TurnRules(TurnRules.Mode.GUARANTEE, Duration.ofMinutes(30));
  long now;
  boolean pausing;
  Runnable beforeRound = () -> {};
  Runnable onStart = () -> {};
  Consumer<Reclaim> onReclaim = any -> {};
  private int changes;

  TurnScene nodes(GpuModel model, int nodes, int gpus) {
    for (int i = 0; i < nodes; i++) {
      String name = model.name().toLowerCase(Locale.ROOT) + "-" + i;
      ledger.putNode(
          NodeSpec.of(name, Collections.nCopies(gpus, GpuSpec.of(model, GpuMode.PLAIN))));
    }
    book.setTotal(GpuMeasure.usable(ledger.fleet()));
    book.fleetChanged();
    places.fleetChanged();
    return this;
  }

  TurnScene teams(Team... teams) {
    return terms(List.of(teams).stream().map(TeamTerms::of).toArray(TeamTerms[]::new));
  }

  TurnScene terms(TeamTerms... terms) {
    book.use(List.of(terms));
    return this;
  }

  /** Work that asks for whole GPUs. */
  TurnScene asks(String team, String id, int gpus) {
    return asks(gang(team, id, 1, gpus));
  }

  TurnScene asks(Work work) {
    book.waits(work);
    return this;
  }

  Work gang(String team, String id, int pods, int gpus) {
    return gang(team, id, pods, Demand.whole(gpus));
  }

  Work gang(String team, String id, int pods, Demand demand) {
    List<Work.Member> members = new ArrayList<>();
    for (int i = 0; i < pods; i++) {
      members.add(new Work.Member(Holder.of(id + "/" + i), PodDemand.of(demand)));
    }
    return new Work(id, team, 0, now, members, pods, true);
  }

  static Work withPriority(Work work, int priority) {
    return new Work(
        work.id(),
        work.team(),
        priority,
        work.since(),
        work.members(),
        work.minimum(),
        work.evictable());
  }

  static Work withMinimum(Work work, int minimum) {
    return new Work(
        work.id(),
        work.team(),
        work.priority(),
        work.since(),
        work.members(),
        minimum,
        work.evictable());
  }

  static Work notEvictable(Work work) {
    return new Work(
        work.id(),
        work.team(),
        work.priority(),
        work.since(),
        work.members(),
        work.minimum(),
        false);
  }

  TurnScene at(long millis) {
    now = millis;
    return this;
  }

  /** Rounds until none changes anything; fails if they do not end. */
  TurnScene settle() {
    int rounds = 0;
    int before;
    do {
      before = changes;
      round();
      assertThat(++rounds).as("rounds that change something").isLessThan(1000);
    } while (changes > before);
    return this;
  }

  TurnScene round() {
    TurnRound round =
        new TurnRound(book, places, drained, this, rules, Surroundings.of(ledger, chooser, now));
    beforeRound.run();
    while (!round.goOn(() -> !pausing)) {
      assertThat(pausing).isTrue();
    }
    return this;
  }

  void ends(String id) {
    for (Work.Member member : Objects.requireNonNull(running.remove(id)).members()) {
      ledger.release(member.holder().uid());
      book.ended(member.holder().uid());
    }
  }

  @Override
  public boolean starts(Work work, List<Ledger.Claim> found) {
    assertThat(ledger.takeAll(found, now)).isEqualTo(Ledger.Taking.TAKEN);
    started.add(work.id());
    changes++;
    running.put(work.id(), work);
    reasons.remove(work.id());
    onStart.run();
    return true;
  }

  @Override
  public void waits(Work work, WaitReason reason) {
    reasons.put(work.id(), reason);
  }

  @Override
  public void reclaims(Reclaim reclaim) {
    reclaims.add(reclaim);
    onReclaim.accept(reclaim);
    reclaim.victims().forEach(victim -> evict(victim.work()));
  }

  private void evict(Work work) {
    changes++;
    ends(work.id());
    book.waits(work);
  }

  @Override
  public void drains(Work work, DrainedPlace place) {}

  @Override
  public void shrinks(Reclaim.Victim victim, WaitReason.Limit limit) {
    evict(victim.work());
  }

  @Override
  public void overspends(Reclaim.Victim victim, WaitReason.Budget budget) {
    overspent.add(victim.work().id());
    evict(victim.work());
  }

  /** The work on the GPUs of a place. */
  List<String> workOn(DrainedPlace place) {
    List<String> works = new ArrayList<>();
    for (Entry entry : ledger.entries()) {
      long bits = place.gpus().getOrDefault(entry.placement().node(), 0L);
      if (entry.placement().slots().stream().anyMatch(slot -> (bits >> slot.gpu() & 1) != 0)) {
        works.add(entry.uid().substring(0, entry.uid().indexOf('/')));
      }
    }
    return works;
  }

  String held(String team) {
    return Objects.requireNonNull(book.numbers(team)).held().toString();
  }
}
