package gpu.kerf.extender.demo;

import gpu.kerf.extender.demo.Work.Kind;
import gpu.kerf.model.demand.WallChoice;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Generates the work of a bank's three teams: the same seed, rate and start give the same work.
 *
 * <p>Fraud detection comes in bursts of small urgent work and some whole GPUs, mostly by day.
 * Research trains on gangs of four and eight GPUs for hours. Analytics makes reports, most of them
 * ordered in the afternoon and at night. The first half hour is always the same: research and
 * analytics fill the GPUs, and then a burst of fraud detection comes.
 */
final class BankWork {

  static final String FRAUD = "fraud";
  static final String RESEARCH = "research";
  static final String ANALYTICS = "analytics";

  private static final int GIB = 1024;
  private static final long MINUTE = 60_000;
  private static final int[] OPENING_GANGS = {8, 4, 4};
  private static final int OPENING_NOTEBOOKS = 4;
  private static final int OPENING_REPORTS = 6;
  private static final int OPENING_BURST = 6;
  private static final long BURST_AT = 25 * MINUTE;
  private static final long OPENING_END = 30 * MINUTE;

  private final SplittableRandom random;
  private final double perSecond;
  private final long start;
  private int made;
  private double clock;
  private int burstLeft;

  /**
   * @param start what time it is when the demo begins
   */
  BankWork(long seed, double perSecond, long start) {
    this.random = new SplittableRandom(seed);
    this.perSecond = perSecond;
    this.start = start;
  }

  TeamWork next() {
    made++;
    int left = made - 1;
    if (left < OPENING_GANGS.length) {
      clock = MINUTE * made;
      return training(OPENING_GANGS[left]);
    }
    left -= OPENING_GANGS.length;
    if (left < OPENING_NOTEBOOKS) {
      clock = MINUTE * made;
      return notebook();
    }
    left -= OPENING_NOTEBOOKS;
    if (left < OPENING_REPORTS) {
      clock = MINUTE * made;
      return report();
    }
    left -= OPENING_REPORTS;
    if (left < OPENING_BURST) {
      clock = BURST_AT + left * 10_000L;
      return scoring();
    }
    return later();
  }

  private TeamWork later() {
    if (burstLeft > 0) {
      burstLeft--;
      clock += 5_000 + random.nextInt(25_000);
      return anyScoring();
    }
    double quieter = isNight() ? 1.25 : 1;
    double gap = -Math.log(1 - random.nextDouble()) / perSecond * 1000 * quieter;
    clock = Math.max(OPENING_END, clock) + gap;
    int dice = random.nextInt(100);
    int fraud = isNight() ? 20 : 50;
    if (dice < fraud) {
      burstLeft = random.nextInt(6) == 0 ? 5 : 0;
      return anyScoring();
    }
    return dice < fraud + (isNight() ? 25 : 15) ? research() : report();
  }

  private boolean isNight() {
    int hour = Instant.ofEpochMilli(start + (long) clock).atZone(ZoneOffset.UTC).getHour();
    return hour >= 20 || hour < 6;
  }

  private TeamWork anyScoring() {
    return random.nextInt(10) < 3 ? scoring() : smallScoring();
  }

  /** A model that answers while a customer waits: no other team may take its GPUs. */
  private TeamWork scoring() {
    return alone(false, work(Kind.SCORING, FRAUD, 0, 1, minutes(40, 90)));
  }

  private TeamWork smallScoring() {
    int memory = (1 + random.nextInt(4)) * 10 * GIB;
    return alone(random.nextInt(3) == 0, work(Kind.SCORING, FRAUD, memory, 1, minutes(10, 40)));
  }

  private TeamWork research() {
    int dice = random.nextInt(10);
    return dice < 2 ? training(8) : dice < 5 ? training(4) : notebook();
  }

  private TeamWork training(int pods) {
    return new TeamWork(work(Kind.TRAINING, RESEARCH, 0, 1, minutes(40, 150)), pods, true);
  }

  private TeamWork notebook() {
    return alone(true, work(Kind.NOTEBOOK, RESEARCH, 0, 1, minutes(60, 180)));
  }

  private TeamWork report() {
    boolean whole = random.nextInt(10) < 7;
    int memory = whole ? 0 : 40 * GIB;
    return alone(true, work(Kind.REPORT, ANALYTICS, memory, 1, minutes(40, 150)));
  }

  private static TeamWork alone(boolean evictable, Work work) {
    return new TeamWork(work, 1, evictable);
  }

  private long minutes(int from, int to) {
    return MINUTE * from + random.nextInt((int) MINUTE * (to - from));
  }

  private Work work(Kind kind, String team, int memoryMiB, int gpus, long duration) {
    int cpu = 4_000 * gpus;
    int host = 32 * GIB * gpus;
    return new Work(
        made,
        kind,
        team,
        memoryMiB,
        gpus,
        WallChoice.ANY,
        0,
        List.of(),
        cpu,
        host,
        (long) clock,
        duration);
  }
}
