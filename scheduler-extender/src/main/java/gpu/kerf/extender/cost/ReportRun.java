package gpu.kerf.extender.cost;

import gpu.kerf.model.cost.BusyTime;
import gpu.kerf.model.cost.CostReport;
import gpu.kerf.model.cost.CostRow;
import gpu.kerf.model.cost.CostRows;
import gpu.kerf.model.cost.PriceList;

/**
 * A report in the making. It is given the records of each hour, in their order, and returns text
 * that is finished, so that a long report is never in memory as a whole.
 */
public final class ReportRun {
  private final CostRows rows;
  private final ReportWriter writer;

  /** That it is not known from when on all usage is known. */
  public static final long UNKNOWN = Long.MIN_VALUE;

  /**
   * @param completeSince from when on all usage is known, in milliseconds, or {@link #UNKNOWN}
   */
  public ReportRun(ReportQuery query, PriceList prices, BusyTime busy, long completeSince) {
    this.rows = new CostRows(prices, busy);
    this.writer =
        query.format() == ReportFormat.FOCUS
            ? new FocusWriter(prices)
            : new SumsWriter(
                query, prices.currency(), rows, busy != BusyTime.NOT_MEASURED, completeSince);
  }

  /** Takes one hour; the text that is finished now, often none. */
  public String hour(CostRows.Hour records) {
    rows.divide(records, writer::row);
    return writer.take();
  }

  /** The rest of the text. */
  public String end() {
    return writer.end();
  }

  /** Adds up, and writes at the end. */
  private static final class SumsWriter implements ReportWriter {
    private final ReportQuery query;
    private final String currency;
    private final CostRows rows;
    private final boolean idleMeasured;
    private final long completeSince;
    private final CostReport report;

    SumsWriter(
        ReportQuery query,
        String currency,
        CostRows rows,
        boolean idleMeasured,
        long completeSince) {
      this.completeSince = completeSince;
      this.query = query;
      this.currency = currency;
      this.rows = rows;
      this.idleMeasured = idleMeasured;
      this.report = new CostReport(query.by());
    }

    @Override
    public void row(CostRow row) {
      report.add(row);
    }

    @Override
    public String take() {
      return "";
    }

    @Override
    public String end() {
      ReportSums sums =
          new ReportSums(
              query,
              currency,
              report,
              idleMeasured,
              rows.gpuHours(),
              rows.withoutFigures(),
              completeSince);
      return switch (query.format()) {
        case TABLE -> SumsTable.of(sums);
        case CSV -> SumsCsv.of(sums);
        case JSON -> SumsJson.of(sums);
        case FOCUS -> throw new IllegalStateException("FOCUS has rows, not sums");
      };
    }
  }
}
