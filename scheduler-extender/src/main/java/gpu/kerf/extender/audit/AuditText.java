package gpu.kerf.extender.audit;

import gpu.kerf.extender.audit.AuditReport.HeldGpu;
import gpu.kerf.extender.audit.AuditReport.Part;
import gpu.kerf.extender.audit.Rule.Level;
import java.util.ArrayList;
import java.util.List;

/** A report as {@code kerf audit} prints it: first what each pod holds, then the broken rules. */
public final class AuditText {
  private static final List<String> TITLES =
      List.of("NODE", "GPU", "UUID", "HELD", "MIB", "BY", "CONTAINER");
  private static final int MIB = 4;

  private AuditText() {}

  public static String of(AuditReport report) {
    StringBuilder out = new StringBuilder();
    if (!report.held().isEmpty()) {
      table(rows(report), out);
      out.append('\n');
    }
    out.append(
        "%,d of %,d GPUs on %,d nodes are held, by %,d holders.%n"
            .formatted(report.held().size(), report.gpus(), report.nodes(), report.holders()));
    findings(report.overlaps(), "OVERLAP", out);
    findings(report.of(Level.INVALID), "INVALID", out);
    findings(report.of(Level.UNKNOWN), "UNKNOWN", out);
    out.append(
        "%d overlaps, %d invalid slots, %d unknown.%n"
            .formatted(
                report.overlaps().size(),
                report.of(Level.INVALID).size(),
                report.of(Level.UNKNOWN).size()));
    return out.toString();
  }

  private static void findings(List<Finding> findings, String word, StringBuilder out) {
    for (Finding finding : findings) {
      out.append("%s %s: %s%n".formatted(word, finding.rule().word(), finding.text()));
    }
  }

  private static List<List<String>> rows(AuditReport report) {
    List<List<String>> rows = new ArrayList<>(List.of(TITLES));
    for (HeldGpu gpu : report.held()) {
      for (Part part : gpu.parts()) {
        rows.add(row(gpu, part));
      }
    }
    return rows;
  }

  private static List<String> row(HeldGpu gpu, Part part) {
    HeldSlot slot = part.slot();
    String how =
        switch (slot.kind()) {
          case WHOLE, FOREIGN -> slot.kind().word();
          case MIG -> slot.profile() + "@" + slot.start();
          case SHARE -> slot.smMilli() > 0 ? "mps " + slot.smMilli() + "/1000" : "mps";
        };
    return List.of(
        gpu.node(),
        gpu.index() < 0 ? "-" : "" + gpu.index(),
        gpu.uuid().isEmpty() ? "-" : gpu.uuid(),
        how,
        "" + slot.memoryMiB(),
        part.holder().toString(),
        slot.by());
  }

  private static void table(List<List<String>> rows, StringBuilder out) {
    int[] widths = new int[TITLES.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String gap = " ".repeat(widths[i] - row.get(i).length());
        line.append(i == MIB ? gap + row.get(i) : row.get(i) + gap).append("  ");
      }
      out.append(line.toString().stripTrailing()).append('\n');
    }
  }
}
