package gpu.kerf.extender.demo;

import java.io.PrintWriter;
import java.util.Locale;

/** Tells a demo in lines, for logs and pipes. */
final class LineView implements Demo.View {

  private static final long EVERY_MILLIS = 10_000;

  private final PrintWriter out;
  private long next = EVERY_MILLIS;

  LineView(PrintWriter out) {
    this.out = out;
  }

  @Override
  public void moment(Demo demo) {
    if (demo.now() < next) {
      return;
    }
    next = (demo.now() / EVERY_MILLIS + 1) * EVERY_MILLIS;
    Course course = demo.course();
    out.println(
        time(demo.now())
            + " %d arrived, %d running on %d GPUs, %d waiting, %d finished, %d preempted"
                .formatted(
                    course.arrived,
                    course.running,
                    course.gpusInUse,
                    course.waiting,
                    course.finished,
                    course.preempted));
    out.flush();
  }

  @Override
  public void said(long now, String what) {
    out.println(time(now) + " " + what);
  }

  static String time(long millis) {
    return String.format(Locale.ROOT, "%02d:%04.1f", millis / 60_000, millis % 60_000 / 1000.0);
  }
}
