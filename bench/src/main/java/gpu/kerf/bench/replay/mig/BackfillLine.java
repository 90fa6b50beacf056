package gpu.kerf.bench.replay.mig;

import gpu.kerf.bench.replay.Playing;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.placement.Placement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Every waiting job is tried in order of arrival, and a job that fits starts at once. So a job may
 * overtake an earlier one that asks for more.
 */
final class BackfillLine implements JobQueue.Line {

  private final List<Job> jobs;
  private final Room room;
  private List<Integer> waiting = new ArrayList<>();

  BackfillLine(List<Job> jobs, Room room) {
    this.jobs = jobs;
    this.room = room;
  }

  /** Finds room for a job, and gives it back. */
  interface Room {
    default void hear(int job, long now) {}

    boolean take(int job, long now);

    void give(int job, long now);
  }

  @Override
  public void join(int job, long now) {
    room.hear(job, now);
    waiting.add(job);
  }

  /** Where one job of a profile finds no room, the later ones need not be tried. */
  @Override
  public void start(long now, IntConsumer started) {
    boolean[] full = new boolean[Card.PROFILES];
    List<Integer> left = new ArrayList<>();
    for (int job : waiting) {
      int profile = jobs.get(job).profile();
      if (full[profile] || !room.take(job, now)) {
        full[profile] = true;
        left.add(job);
      } else {
        started.accept(job);
      }
    }
    waiting = left;
  }

  @Override
  public void end(int job, long now) {
    room.give(job, now);
  }

  /** Room on the GPUs that a policy fills. */
  static final class Placed implements Room {
    private final List<Job> jobs;
    private final Playing playing;
    private final @Nullable Placement[] placements;

    Placed(List<Job> jobs, Playing playing) {
      this.jobs = jobs;
      this.playing = playing;
      this.placements = new Placement[jobs.size()];
    }

    private PodDemand demand(int job) {
      return Card.demand(jobs.get(job).profile());
    }

    @Override
    public void hear(int job, long now) {
      playing.arrive(demand(job), now);
    }

    @Override
    public boolean take(int job, long now) {
      placements[job] = playing.place(demand(job), now);
      return placements[job] != null;
    }

    @Override
    public void give(int job, long now) {
      playing.leave(demand(job), Objects.requireNonNull(placements[job]), now);
    }
  }

  /** Room as if everything could be moved at any time for nothing. */
  static final class Repacked implements Room {
    private final List<Job> jobs;
    private final int gpus;
    private final int[] held = new int[Card.PROFILES];

    Repacked(List<Job> jobs, int gpus) {
      this.jobs = jobs;
      this.gpus = gpus;
    }

    @Override
    public boolean take(int job, long now) {
      int profile = jobs.get(job).profile();
      held[profile]++;
      boolean fits = Repack.fits(held, gpus);
      held[profile] -= fits ? 0 : 1;
      return fits;
    }

    @Override
    public void give(int job, long now) {
      held[jobs.get(job).profile()]--;
    }
  }
}
