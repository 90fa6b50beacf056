package gpu.kerf.extender.demo;

import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints a demo of teams in lines: what happens, and every hour how the teams stand. */
final class TeamsLineView implements TeamsDemo.View {

  private static final long EVERY_MILLIS = 3_600_000;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("EEE HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final PrintWriter out;
  private long next;

  TeamsLineView(PrintWriter out) {
    this.out = out;
  }

  @Override
  public void moment(TeamsDemo demo) {
    if (demo.sinceStart() >= next) {
      next += EVERY_MILLIS;
      List<String> teams = new ArrayList<>();
      demo.teams().forEach((name, team) -> teams.add(text(name, team)));
      said(demo.time(), String.join(", ", teams));
    }
  }

  private static String text(String name, TeamStatistics team) {
    String waiting = team.waiting == 0 ? "" : " (" + team.waiting + " waiting)";
    return "%s holds %s of %s%s"
        .formatted(
            name, TeamNews.amount(team.heldMilli), TeamNews.amount(team.guaranteeMilli), waiting);
  }

  @Override
  public void said(long now, String what) {
    out.println(time(now) + "  " + what);
    out.flush();
  }

  static String time(long now) {
    return TIME.format(Instant.ofEpochMilli(now));
  }
}
