package gpu.kerf.extender.demo;

import gpu.kerf.extender.demo.SlotAudit.Held;
import gpu.kerf.extender.demo.SlotAudit.Kind;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/** Draws a demo in a terminal: a bar per GPU, to scale, and the figures below. */
final class LiveView implements Demo.View {

  private static final long EVERY_NANOS = 150_000_000;
  private static final int MOST_NODES = 16;
  private static final int BAR = 8;

  private static final String HOME = "\033[H";
  private static final String CLEAR = "\033[2J";
  private static final String REST_OF_LINE = "\033[K\n";
  private static final String REST_OF_SCREEN = "\033[J";
  private static final String PLAIN = "\033[0m";
  private static final String DIM = "\033[2m";
  private static final String BOLD = "\033[1m";

  private final PrintWriter out;
  private final String url;
  private final LongSupplier nanos;
  private String lastSaid = "";
  private long drawn;
  private boolean begun;

  LiveView(PrintWriter out, String url, LongSupplier nanos) {
    this.out = out;
    this.url = url;
    this.nanos = nanos;
  }

  @Override
  public void moment(Demo demo) {
    long now = nanos.getAsLong();
    if (begun && now - drawn < EVERY_NANOS) {
      return;
    }
    out.print(begun ? HOME : CLEAR + HOME);
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

  private String screen(Demo demo) {
    StringBuilder text = new StringBuilder();
    line(text, BOLD + "kerf demo" + PLAIN + "   console " + url + "   Ctrl-C ends it");
    line(text, "");
    List<NodeSpec> nodes = demo.fleet();
    for (NodeSpec node : nodes.subList(0, Math.min(MOST_NODES, nodes.size()))) {
      line(text, bars(node, demo.audit().on(node.name())));
    }
    if (nodes.size() > MOST_NODES) {
      line(text, DIM + "… and " + (nodes.size() - MOST_NODES) + " nodes more" + PLAIN);
    }
    line(text, legend());
    line(text, "");
    figures(text, demo);
    return text.toString();
  }

  private static void line(StringBuilder text, String what) {
    text.append(what).append(REST_OF_LINE);
  }

  private static String legend() {
    StringBuilder text = new StringBuilder(" ".repeat(14));
    for (Kind kind : Kind.values()) {
      text.append(colour(kind)).append("██").append(PLAIN).append(' ').append(word(kind));
      text.append("   ");
    }
    return text.append(DIM).append("··").append(PLAIN).append(" free").toString();
  }

  private static String word(Kind kind) {
    return switch (kind) {
      case WHOLE -> "whole GPU";
      case MIG -> "MIG slices";
      case SHARE -> "MPS shares";
    };
  }

  private static String colour(Kind kind) {
    return switch (kind) {
      case WHOLE -> "\033[34m";
      case MIG -> "\033[35m";
      case SHARE -> "\033[32m";
    };
  }

  private static String bars(NodeSpec node, List<List<Held>> held) {
    StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%-14.14s", node.name()));
    for (int gpu = 0; gpu < node.gpus().size(); gpu++) {
      text.append(bar(node.gpus().get(gpu), held.get(gpu))).append(' ');
    }
    return text.toString();
  }

  /** Eight cells: a slice each on a GPU in MIG mode, an eighth of the memory on others. */
  static String bar(GpuSpec gpu, List<Held> held) {
    StringBuilder text = new StringBuilder();
    if (gpu.mode() == GpuMode.PLAIN) {
      int memory = held.stream().mapToInt(Held::memoryMiB).sum();
      long cells = Math.min(BAR, ((long) memory * BAR + gpu.memoryMiB() - 1) / gpu.memoryMiB());
      Kind kind = held.isEmpty() ? Kind.SHARE : held.get(0).kind();
      text.append(colour(kind)).append("█".repeat((int) cells)).append(PLAIN);
      return text.append(DIM).append("·".repeat(BAR - (int) cells)).append(PLAIN).toString();
    }
    int occupied = 0;
    for (Held each : held) {
      occupied |= each.mask();
    }
    for (int slice = 0; slice < gpu.model().slices(); slice++) {
      boolean taken = (occupied >> slice & 1) != 0;
      text.append(taken ? colour(Kind.MIG) + "▆" : DIM + "·").append(PLAIN);
    }
    return text.toString();
  }

  private void figures(StringBuilder text, Demo demo) {
    Course course = demo.course();
    line(
        text,
        "%s   %d arrived   %d running   %d waiting   %d finished   %d preempted"
            .formatted(
                LineView.time(demo.now()),
                course.arrived,
                course.running,
                course.waiting,
                course.finished,
                course.preempted));
    int gpus = demo.fleet().stream().mapToInt(node -> node.gpus().size()).sum();
    line(
        text,
        "%d of %d GPUs in use, %d GiB held   one pod per GPU would need %d GPUs now"
            .formatted(course.gpusInUse, gpus, course.heldMiB / 1024, demo.wholeGpusNow()));
    line(text, DIM + demo.lastRefusal() + PLAIN);
    line(text, DIM + lastSaid + PLAIN);
  }
}
