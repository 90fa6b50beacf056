package gpu.kerf.extender.cost;

import gpu.kerf.model.cost.CostReport;

/**
 * The sums of a report with what must be said beside them.
 *
 * @param idleMeasured whether there were figures of how busy GPUs were
 * @param gpuHours of how many GPUs and hours there were records
 * @param withoutFigures for how many of those it is not known what was free
 * @param completeSince from when on all usage is known, or {@link ReportRun#UNKNOWN}
 */
record ReportSums(
    ReportQuery query,
    String currency,
    CostReport report,
    boolean idleMeasured,
    long gpuHours,
    long withoutFigures,
    long completeSince) {

  /** Whether there may have been usage in the time of the report that is not in it. */
  boolean lacksUsage() {
    return completeSince > query.span().fromMillis();
  }

  boolean byModel() {
    return report.by() == CostReport.By.MODEL;
  }

  /** How a line is called; a team may have no name, because there was no team. */
  static String nameOf(CostReport.Line line) {
    return line.name().isEmpty() ? "(none)" : line.name();
  }
}
