package gpu.kerf.extender.demo;

import gpu.kerf.extender.demo.SlotAudit.Kind;
import gpu.kerf.model.hardware.NodeSpec;
import java.io.PrintWriter;
import java.util.List;
import java.util.function.LongSupplier;

/** Draws a demo in a terminal: a bar per GPU, to scale, and the figures below. */
final class LiveView implements Demo.View {

  private static final long EVERY_NANOS = 150_000_000;

  /** What stands around the nodes: the title, the legend, the figures, and the cursor's line. */
  private static final int OTHER_LINES = 12;

  private static final String HOME = "\033[H";
  private static final String CLEAR = "\033[2J";
  private static final String REST_OF_LINE = "\033[K\n";
  private static final String REST_OF_SCREEN = "\033[J";
  private static final String NO_CURSOR = "\033[?25l";
  private static final String CURSOR = "\033[?25h";
  private static final String PLAIN = "\033[0m";
  private static final String DIM = "\033[2m";
  private static final String BOLD = "\033[1m";

  private final PrintWriter out;
  private final String url;
  private final Terminal terminal;
  private final LongSupplier nanos;
  private String lastSaid = "";
  private long drawn;
  private boolean begun;
  private Terminal.Size size = Terminal.Size.USUAL;

  LiveView(PrintWriter out, String url, Terminal terminal, LongSupplier nanos) {
    this.out = out;
    this.url = url;
    this.terminal = terminal;
    this.nanos = nanos;
  }

  @Override
  public void moment(Demo demo) {
    long now = nanos.getAsLong();
    if (begun && now - drawn < EVERY_NANOS) {
      return;
    }
    Terminal.Size old = size;
    size = terminal.size();
    out.print(begun && size.equals(old) ? HOME : NO_CURSOR + CLEAR + HOME);
    begun = true;
    drawn = now;
    out.print(screen(demo));
    out.print(REST_OF_SCREEN);
    out.flush();
  }

  @Override
  public void said(long now, String what) {
    lastSaid = LineView.time(now) + " " + what;
  }

  /** Draws the last moment, and gives the terminal back below it. */
  @Override
  public void end(Demo demo) {
    if (begun) {
      drawn = nanos.getAsLong() - EVERY_NANOS;
      moment(demo);
      out.print(CURSOR);
      out.flush();
    }
  }

  private String screen(Demo demo) {
    StringBuilder text = new StringBuilder();
    line(text, BOLD, "kerf demo   console " + url + "   Ctrl-C ends it and sums it up");
    line(text, "", "");
    nodes(text, demo);
    text.append(legend()).append(REST_OF_LINE);
    line(text, "", "");
    figures(text, demo);
    return text.toString();
  }

  /** One line, cut where the terminal ends. */
  private void line(StringBuilder text, String style, String what) {
    boolean fits = what.length() <= size.columns();
    text.append(style).append(fits ? what : what.substring(0, size.columns() - 1) + "…");
    text.append(PLAIN).append(REST_OF_LINE);
  }

  private void nodes(StringBuilder text, Demo demo) {
    List<NodeSpec> nodes = demo.fleet();
    int room = Math.max(1, size.lines() - OTHER_LINES);
    int shown = nodes.size() <= room ? nodes.size() : room - 1;
    Bars bars = new Bars(nodes.subList(0, shown), size.columns());
    boolean tall = room >= 3 * shown;
    for (NodeSpec node : nodes.subList(0, shown)) {
      var held = demo.audit().on(node.name());
      text.append(bars.of(node.name(), node, held)).append(REST_OF_LINE);
      if (tall) {
        text.append(bars.of("", node, held)).append(REST_OF_LINE);
        line(text, "", "");
      }
    }
    if (shown < nodes.size()) {
      line(text, DIM, "… and " + (nodes.size() - shown) + " nodes more; the console shows all");
    }
    line(text, "", "");
  }

  private static String legend() {
    StringBuilder text = new StringBuilder();
    for (Kind kind : Kind.values()) {
      text.append(Bars.sample(kind)).append(' ').append(word(kind)).append("   ");
    }
    return text.append(DIM).append("···").append(PLAIN).append(" free").toString();
  }

  private static String word(Kind kind) {
    return switch (kind) {
      case WHOLE -> "whole GPU";
      case MIG -> "MIG slices";
      case SHARE -> "MPS shares";
    };
  }

  private void figures(StringBuilder text, Demo demo) {
    DemoStatistics statistics = demo.statistics();
    line(
        text,
        BOLD,
        "%s  %d pods came: %d run, %d wait, %d are done; %d were preempted"
            .formatted(
                LineView.time(demo.now()),
                statistics.arrived,
                statistics.running,
                statistics.waiting,
                statistics.finished,
                statistics.preempted));
    int gpus = demo.fleet().stream().mapToInt(node -> node.gpus().size()).sum();
    line(
        text,
        "",
        "in use   %d of %d GPUs; %d %% of the memory is held"
            .formatted(statistics.gpusInUse, gpus, 100 * statistics.heldMiB / demo.capacityMiB()));
    line(
        text,
        "",
        "instead  one pod per GPU would take %d GPUs for what runs now"
            .formatted(demo.wholeGpusNow()));
    line(text, DIM, "refused  " + or(demo.lastRefusal(), "none yet"));
    line(text, DIM, "evicted  " + or(lastSaid, "none yet"));
  }

  private static String or(String text, String otherwise) {
    return text.isEmpty() ? otherwise : text;
  }
}
