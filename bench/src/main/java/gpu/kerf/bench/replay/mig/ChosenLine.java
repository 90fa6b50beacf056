package gpu.kerf.bench.replay.mig;

import gpu.kerf.bench.replay.LinePolicy;
import gpu.kerf.bench.replay.Playing;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.line.LookAhead;
import gpu.kerf.model.placement.Placement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** The policy chooses which job starts; jobs of one profile start in order of arrival. */
final class ChosenLine implements JobQueue.Line {

  private final List<Job> jobs;
  private final Playing playing;
  private final LinePolicy policy;
  private final List<Deque<Integer>> waiting = new ArrayList<>();
  private final @Nullable Placement[] placements;

  ChosenLine(List<Job> jobs, Playing playing, LinePolicy policy) {
    this.jobs = jobs;
    this.playing = playing;
    this.policy = policy;
    this.placements = new Placement[jobs.size()];
    for (int profile = 0; profile < Card.PROFILES; profile++) {
      waiting.add(new ArrayDeque<>());
    }
  }

  private PodDemand demand(int job) {
    return Card.demand(jobs.get(job).profile());
  }

  @Override
  public void join(int job, long now) {
    playing.arrive(demand(job), now);
    waiting.get(jobs.get(job).profile()).add(job);
  }

  @Override
  public void start(long now, IntConsumer started) {
    for (List<LookAhead.Waiting> line = line(); !line.isEmpty(); line = line()) {
      LookAhead.Start start = playing.start(policy, line);
      if (start == null) {
        return;
      }
      int job = waiting.get(Card.indexOf(start.demand())).remove();
      placements[job] = start.placement();
      started.accept(job);
    }
  }

  private List<LookAhead.Waiting> line() {
    return waiting.stream()
        .filter(ofProfile -> !ofProfile.isEmpty())
        .sorted(Comparator.comparing(Deque::element))
        .map(ofProfile -> new LookAhead.Waiting(demand(ofProfile.element()), ofProfile.size()))
        .toList();
  }

  @Override
  public void end(int job, long now) {
    playing.leave(demand(job), Objects.requireNonNull(placements[job]), now);
  }
}
