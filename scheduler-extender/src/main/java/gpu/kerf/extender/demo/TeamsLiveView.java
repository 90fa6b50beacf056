package gpu.kerf.extender.demo;

import gpu.kerf.model.hardware.NodeSpec;
import java.io.PrintWriter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/** Draws a demo of teams in a terminal: a bar per GPU, a line per team, and what happened last. */
final class TeamsLiveView implements TeamsDemo.View {

  private static final long EVERY_NANOS = 150_000_000;
  private static final int LEAST_NEWS = 3;

  /** The title, the table's head, and the blank lines around them. */
  private static final int OTHER_LINES = 8;

  private static final int BAR_CELLS = 24;

  private static final String HOME = "\033[H";
  private static final String CLEAR = "\033[2J";
  private static final String REST_OF_LINE = "\033[K\n";
  private static final String REST_OF_SCREEN = "\033[J";
  private static final String NO_CURSOR = "\033[?25l";
  private static final String CURSOR = "\033[?25h";
  private static final String PLAIN = "\033[0m";
  private static final String BOLD = "\033[1m";

  private final PrintWriter out;
  private final String url;
  private final Terminal terminal;
  private final LongSupplier nanos;
  private final Deque<String> news = new ArrayDeque<>();
  private long drawn;
  private boolean begun;
  private Terminal.Size size = Terminal.Size.USUAL;

  TeamsLiveView(PrintWriter out, String url, Terminal terminal, LongSupplier nanos) {
    this.out = out;
    this.url = url;
    this.terminal = terminal;
    this.nanos = nanos;
  }

  @Override
  public void moment(TeamsDemo demo) {
    long now = nanos.getAsLong();
    if (begun && now - drawn < EVERY_NANOS) {
      return;
    }
    drawn = now;
    draw(demo);
  }

  private void draw(TeamsDemo demo) {
    Terminal.Size old = size;
    size = terminal.size();
    out.print(begun && size.equals(old) ? HOME : NO_CURSOR + CLEAR + HOME);
    begun = true;
    out.print(screen(demo) + REST_OF_SCREEN);
    out.flush();
  }

  @Override
  public void said(long now, String what) {
    news.addFirst(TeamsLineView.time(now) + "  " + what);
    if (news.size() > 100) {
      news.removeLast();
    }
  }

  /** Draws the last moment, and gives the terminal back below it. */
  @Override
  public void end(TeamsDemo demo) {
    if (begun) {
      draw(demo);
      out.print(CURSOR);
      out.flush();
    }
  }

  private String screen(TeamsDemo demo) {
    StringBuilder text = new StringBuilder();
    line(
        text,
        BOLD,
        "kerf demo --teams   console " + url + "#/teams   Ctrl-C ends it and sums it up");
    line(text, "", "");
    int fixed = OTHER_LINES + demo.teams().size();
    int nodes = Math.min(demo.fleet().size(), Math.max(1, size.lines() - fixed - LEAST_NEWS));
    nodes(text, demo, nodes);
    line(text, BOLD, TeamsLineView.time(demo.time()) + "   held on one scale; | is the guarantee");
    long most = Summary.gpus(demo.fleet()) * 1000L;
    demo.teams().forEach((name, team) -> line(text, "", row(name, team, most)));
    line(text, "", "");
    int room = size.lines() - fixed - nodes;
    news.stream().limit(Math.max(LEAST_NEWS, room)).forEach(each -> line(text, "", each));
    return text.toString();
  }

  private void nodes(StringBuilder text, TeamsDemo demo, int shown) {
    List<NodeSpec> nodes = demo.fleet().subList(0, shown);
    Bars bars = new Bars(nodes, size.columns());
    for (NodeSpec node : nodes) {
      text.append(bars.of(node.name(), node, demo.audit().on(node.name()))).append(REST_OF_LINE);
    }
    line(text, "", "");
  }

  private static String row(String name, TeamStatistics team, long most) {
    return String.format(
        Locale.ROOT,
        "%-10s %s %5s held, %5s share, %2d guaranteed, %2d waiting  %s",
        name,
        bar(team, most),
        TeamNews.amount(team.heldMilli),
        TeamNews.amount(team.shareMilli),
        team.guaranteeMilli / 1000,
        team.waiting,
        team.window);
  }

  private static String bar(TeamStatistics team, long most) {
    long held = team.heldMilli * BAR_CELLS / Math.max(1, most);
    long guarantee = team.guaranteeMilli * BAR_CELLS / Math.max(1, most);
    StringBuilder bar = new StringBuilder();
    for (int cell = 0; cell < BAR_CELLS; cell++) {
      bar.append(cell < held ? '█' : cell == guarantee ? '|' : '·');
    }
    return bar.toString();
  }

  /** One line, cut where the terminal ends. */
  private void line(StringBuilder text, String style, String what) {
    boolean fits = what.length() <= size.columns();
    text.append(style).append(fits ? what : what.substring(0, size.columns() - 1) + "…");
    text.append(PLAIN).append(REST_OF_LINE);
  }
}
