package gpu.kerf.bench.replay.teams;

import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.fleet.Ledger;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.team.DrainedPlaces;
import gpu.kerf.model.team.GpuHolding;
import gpu.kerf.model.team.GpuMeasure;
import gpu.kerf.model.team.LedgerPlaces;
import gpu.kerf.model.team.TeamBook;
import gpu.kerf.model.team.Work;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;

/** The GPUs, what runs on them until when, and the book of the teams. */
final class ReplayedCluster {

  final Ledger ledger = new Ledger();
  final Chooser chooser;
  final DrainedPlaces drained = new DrainedPlaces();
  final LedgerPlaces places;
  final TeamBook book;
  final Map<String, TeamJob> jobs = new HashMap<>();
  final JobRecords records;
  private final Map<String, Run> running = new LinkedHashMap<>();
  private final PriorityQueue<Run> ends = new PriorityQueue<>();
  private final Set<String> teams;
  private final long totalMilli;
  private long heldMilli;
  private long runs;
  private int ended;

  /** One run of a job, which ends by itself or by eviction. */
  private record Run(TeamJob job, Work work, long start, long end, long milli, long number)
      implements Comparable<Run> {
    @Override
    public int compareTo(Run other) {
      int order = Long.compare(end, other.end);
      return order != 0 ? order : Long.compare(number, other.number);
    }
  }

  ReplayedCluster(List<NodeSpec> fleet, JobRecords records, Set<String> teams) {
    this.teams = teams;
    fleet.forEach(ledger::putNode);
    this.records = records;
    this.chooser = new Chooser(ledger.fleet());
    this.places = new LedgerPlaces(ledger.fleet(), chooser, drained);
    this.book = new TeamBook(ledger.fleet());
    this.totalMilli = GpuMeasure.usable(ledger.fleet());
    book.setTotal(totalMilli);
  }

  void arrive(TeamJob job) {
    jobs.put(job.id(), job);
    for (int i = 0; i < job.pods(); i++) {
      chooser.arrived(job.demand());
    }
    if (chooser.isDue()) {
      chooser.renew();
    }
    book.waits(job.asWork());
    records.waits(job, job.arrivalMs());
  }

  /** Takes the places in the ledger; the caller tells the book. */
  boolean start(Work work, List<Ledger.Claim> found, long now) {
    Ledger.Taking taking = ledger.takeAll(found, now);
    if (taking != Ledger.Taking.TAKEN) {
      throw new IllegalStateException("The places of " + work.id() + " are not free: " + taking);
    }
    TeamJob job = job(work);
    long milli = GpuHolding.of(found, ledger.fleet()).milli();
    Run run = new Run(job, work, now, now + job.runMs(), milli, runs++);
    running.put(work.id(), run);
    ends.add(run);
    heldMilli += milli;
    records.starts(job, now);
    return true;
  }

  /** The earliest end of a job; the end of time if none runs. */
  long nextEnd() {
    Run next = ends.peek();
    return next == null ? Long.MAX_VALUE : next.end();
  }

  /** Ends what is over; whether anything is. */
  boolean endUntil(long now) {
    boolean any = false;
    while (nextEnd() <= now) {
      Run run = Objects.requireNonNull(ends.poll());
      leave(run);
      records.done(run.job(), run.milli());
      ended++;
      any = true;
    }
    return any;
  }

  /** Evicts a job: it waits again, at its old age, and has to start from the beginning. */
  void evict(Work work, long now) {
    Run run = Objects.requireNonNull(running.get(work.id()));
    ends.remove(run);
    leave(run);
    records.evicted(run.job(), run.milli(), now - run.start(), now);
    book.waits(run.job().asWork());
  }

  private void leave(Run run) {
    running.remove(run.work().id());
    heldMilli -= run.milli();
    for (Work.Member member : run.work().members()) {
      ledger.release(member.holder().uid());
      book.ended(member.holder().uid());
    }
  }

  TeamJob job(Work work) {
    return Objects.requireNonNull(jobs.get(work.id()));
  }

  /** The teams without children. */
  Set<String> teams() {
    return teams;
  }

  long totalMilli() {
    return totalMilli;
  }

  boolean isAnyWaiting() {
    return waiting() > 0;
  }

  int waiting() {
    return jobs.size() - running.size() - ended;
  }

  /** What work that has no place counts as at least. */
  long leastMilli(Work work) {
    long one = GpuMeasure.least(work.members().get(0).demand(), ledger.fleet().models());
    return Math.max(0, one) * work.members().size();
  }

  /** What all running jobs hold, in thousandths of GPUs. */
  long heldMilli() {
    return heldMilli;
  }

  /** The gangs of which some pods hold GPUs, and others do not. */
  List<String> tornGangs() {
    List<String> torn = new ArrayList<>();
    for (Run run : running.values()) {
      if (run.work().members().stream().anyMatch(pod -> ledger.entry(pod.holder().uid()) == null)) {
        torn.add(run.job().id());
      }
    }
    return torn;
  }
}
