package gpu.kerf.extender.demo;

import java.io.PrintWriter;
import java.util.Locale;

/** Prints a demo in lines, for logs and pipes. */
final class LineView implements Demo.View {

  private static final long EVERY_MILLIS = 10_000;

  private final PrintWriter out;
  private long told;
  private String before = "";

  LineView(PrintWriter out) {
    this.out = out;
  }

  /**
   * Between two moments nothing happens, so what held before tells how things stood at the time.
   */
  @Override
  public void moment(Demo demo) {
    long at = demo.now() / EVERY_MILLIS * EVERY_MILLIS;
    if (at > told && !before.isEmpty()) {
      out.println(time(at) + before);
      out.flush();
      told = at;
    }
    DemoStatistics statistics = demo.statistics();
    before =
        " %d arrived, %d running on %d GPUs, %d waiting, %d finished, %d preempted"
            .formatted(
                statistics.arrived,
                statistics.running,
                statistics.gpusInUse,
                statistics.waiting,
                statistics.finished,
                statistics.preempted);
  }

  @Override
  public void said(long now, String what) {
    out.println(time(now) + " " + what);
  }

  static String time(long millis) {
    return String.format(Locale.ROOT, "%02d:%04.1f", millis / 60_000, millis % 60_000 / 1000.0);
  }
}
