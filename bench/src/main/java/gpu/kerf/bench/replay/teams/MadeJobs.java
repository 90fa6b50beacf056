package gpu.kerf.bench.replay.teams;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Jobs of a shape that come by chance. The same seed gives the same jobs. */
final class MadeJobs {

  private static final long HOUR = 3_600_000;
  private static final long DAY = 24 * HOUR;
  private static final double MEDIAN_RUN_MS = 0.5 * HOUR;
  private static final long LONGEST_RUN_MS = 8 * HOUR;

  private final TeamShape shape;
  private final Random random;
  private final long span;
  private final List<Made> jobs = new ArrayList<>();

  /** One job: so many pods of so many whole GPUs, or of a part of one. */
  private record Made(
      String team, long arrivalMs, long runMs, int pods, int whole, int memoryMiB, boolean fixed) {
    double gpuMs() {
      return pods * (whole > 0 ? whole : memoryMiB / 80_000.0) * runMs;
    }
  }

  MadeJobs(TeamShape shape, long seed, int days) {
    this.shape = shape;
    this.random = new Random(seed);
    this.span = days * DAY;
  }

  /**
   * @param demand what all jobs ask for, as a part of what there is
   */
  List<String> lines(double demand) {
    double all = demand * shape.gpus() * span;
    for (TeamShape.Line line : shape.lines()) {
      double left = all * line.part();
      while (left > 0) {
        left -= line.rhythm() == TeamShape.Rhythm.BURSTS ? burst(line) : one(line, arrival(line));
      }
    }
    jobs.sort(Comparator.comparingLong(Made::arrivalMs));
    List<String> lines = new ArrayList<>();
    for (Made job : jobs) {
      lines.add(text(job, lines.size()));
    }
    return lines;
  }

  /** Many jobs within a quarter of an hour. */
  private double burst(TeamShape.Line line) {
    double sum = 0;
    long begin = (long) (random.nextDouble() * span);
    int count = 10 + random.nextInt(40);
    for (int i = 0; i < count; i++) {
      sum += one(line, Math.min(span - 1, begin + random.nextInt((int) (HOUR / 4))));
    }
    return sum;
  }

  private long arrival(TeamShape.Line line) {
    while (true) {
      long at = (long) (random.nextDouble() * span);
      long hour = at % DAY / HOUR;
      boolean day = hour >= 8 && hour < 18;
      double chance =
          switch (line.rhythm()) {
            case DAY -> day ? 1 : 0.25;
            case NIGHT -> day ? 0.25 : 1;
            case STEADY, BURSTS -> 1;
          };
      if (random.nextDouble() < chance) {
        return at;
      }
    }
  }

  private double one(TeamShape.Line line, long arrival) {
    long run =
        (long) Math.min(LONGEST_RUN_MS, 60_000 + MEDIAN_RUN_MS * Math.exp(random.nextGaussian()));
    double size = random.nextDouble();
    double small =
        switch (line.jobs()) {
          case SMALL -> 0.85;
          case MIXED -> 0.50;
          case LARGE -> 0.25;
        };
    int pods = 1;
    int whole = 0;
    int memory = 0;
    if (size < small) {
      memory = (1 + random.nextInt(10)) * 4096;
    } else {
      double large = (size - small) / (1 - small);
      whole = large < 0.75 ? 1 : large < 0.93 ? 2 : large < 0.985 ? 4 : 8;
      pods = whole < 4 && random.nextInt(20) == 0 ? 2 + random.nextInt(3) : 1;
    }
    boolean fixed = line.fixed() && random.nextInt(10) == 0;
    Made job = new Made(line.team(), arrival, run, pods, whole, memory, fixed && whole < 2);
    jobs.add(job);
    return job.gpuMs();
  }

  private static String text(Made job, int number) {
    return String.format(
        Locale.ROOT,
        "{\"id\":\"%s-%05d\",\"team\":\"%s\",\"arrivalMs\":%d,\"runMs\":%d,\"pods\":%d,%s%s}",
        job.team(),
        number,
        job.team(),
        job.arrivalMs(),
        job.runMs(),
        job.pods(),
        job.whole() > 0 ? "\"whole\":" + job.whole() : "\"memoryMiB\":" + job.memoryMiB(),
        job.fixed() ? ",\"evictable\":false" : "");
  }
}
