package gpu.kerf.extender.cost;

import gpu.kerf.extender.api.TextTable;
import gpu.kerf.model.cost.CostReport;
import gpu.kerf.model.cost.CostRow.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The sums of a report as a table for people: GPU hours and money with two decimals. */
final class SumsTable {
  private static final int HOURS = 2;
  private static final int MONEY = 2;

  private final ReportSums sums;

  private SumsTable(ReportSums sums) {
    this.sums = sums;
  }

  static String of(ReportSums sums) {
    return new SumsTable(sums).text();
  }

  private String text() {
    CostReport report = sums.report();
    TextTable table = new TextTable(1, heads().toArray(String[]::new));
    report.lines().forEach(line -> row(table, ReportSums.nameOf(line), line));
    if (!sums.byModel()) {
      row(table, "no owner", report.unowned());
    }
    row(table, "sum", report.all());
    return "From "
        + Instant.ofEpochMilli(sums.query().span().fromMillis())
        + " to "
        + Instant.ofEpochMilli(sums.query().span().toMillis())
        + ", costs in "
        + sums.currency()
        + "\n\n"
        + table
        + notes();
  }

  private List<String> heads() {
    List<String> heads = new ArrayList<>();
    heads.add(ReportQuery.word(sums.report().by()).toUpperCase(Locale.ROOT));
    heads.add("GPU HOURS");
    if (sums.idleMeasured()) {
      heads.add("OF IT IDLE");
    }
    heads.addAll(List.of("STRANDED", "FREE", "COST HELD"));
    if (sums.idleMeasured()) {
      heads.add("COST IDLE");
    }
    heads.addAll(List.of("COST STRANDED", "COST FREE", "COST"));
    return heads;
  }

  private void row(TextTable table, String name, CostReport.Line line) {
    List<String> cells = new ArrayList<>();
    cells.add(name);
    cells.add(hours(line.milliGpuMillis(Kind.HELD) + line.milliGpuMillis(Kind.IDLE)));
    if (sums.idleMeasured()) {
      cells.add(hours(line.milliGpuMillis(Kind.IDLE)));
    }
    cells.add(hours(line.milliGpuMillis(Kind.STRANDED)));
    cells.add(hours(line.milliGpuMillis(Kind.FREE)));
    cells.add(money(line.micros(Kind.HELD) + line.micros(Kind.IDLE)));
    if (sums.idleMeasured()) {
      cells.add(money(line.micros(Kind.IDLE)));
    }
    cells.add(money(line.micros(Kind.STRANDED)));
    cells.add(money(line.micros(Kind.FREE)));
    cells.add(money(line.micros()));
    table.row(cells.toArray(String[]::new));
  }

  private static String hours(long milliGpuMillis) {
    return Amounts.gpuHours(milliGpuMillis, HOURS);
  }

  private static String money(long micros) {
    return Amounts.rounded(micros, MONEY);
  }

  private String notes() {
    return figuresNote()
        + (sums.lacksUsage()
            ? "\nUsage before "
                + Instant.ofEpochMilli(sums.completeSince())
                + " is that of pods that still ran then.\n"
            : "");
  }

  private String figuresNote() {
    if (sums.gpuHours() == 0) {
      return "\nThere are no records of this time.\n";
    }
    return sums.withoutFigures() == 0
        ? ""
        : "\nFor "
            + sums.withoutFigures()
            + " of "
            + sums.gpuHours()
            + " GPU hours it is not known what was free or stranded; of these only what was held is"
            + " counted.\n";
  }
}
