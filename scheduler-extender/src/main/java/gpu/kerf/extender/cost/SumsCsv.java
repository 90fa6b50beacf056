package gpu.kerf.extender.cost;

import gpu.kerf.model.cost.CostReport;
import gpu.kerf.model.cost.CostRow.Kind;
import java.util.ArrayList;
import java.util.List;

/** The sums of a report as comma-separated values; money is exact. */
final class SumsCsv {
  private static final int DECIMALS = 6;

  private SumsCsv() {}

  static String of(ReportSums sums) {
    String by = ReportQuery.word(sums.report().by());
    List<String> heads = new ArrayList<>(List.of("line", by));
    for (Kind kind : Kind.values()) {
      heads.add(ReportQuery.word(kind) + "GpuHours");
    }
    heads.add("memoryMiBHours");
    for (Kind kind : Kind.values()) {
      heads.add(ReportQuery.word(kind) + "Cost");
    }
    heads.addAll(List.of("cost", "currency"));
    Csv csv = new Csv().row(heads);
    sums.report().lines().forEach(line -> csv.row(cells(by, line, sums)));
    csv.row(cells("unowned", sums.report().unowned(), sums));
    csv.row(cells("sum", sums.report().all(), sums));
    return csv.take();
  }

  private static List<String> cells(String what, CostReport.Line line, ReportSums sums) {
    List<String> cells = new ArrayList<>(List.of(what, line.name()));
    for (Kind kind : Kind.values()) {
      boolean known = kind != Kind.IDLE || sums.idleMeasured();
      cells.add(known ? Amounts.gpuHours(line.milliGpuMillis(kind), DECIMALS) : "");
    }
    cells.add(Amounts.mebibyteHours(line.mebibyteMillis(), DECIMALS));
    for (Kind kind : Kind.values()) {
      boolean known = kind != Kind.IDLE || sums.idleMeasured();
      cells.add(known ? Amounts.money(line.micros(kind)) : "");
    }
    cells.add(Amounts.money(line.micros()));
    cells.add(sums.currency());
    return cells;
  }
}
