package gpu.kerf.extender.cost;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.model.cost.CostReport;
import gpu.kerf.model.cost.CostRow.Kind;
import java.time.Instant;

/**
 * The sums of a report as JSON. Money and hours are texts, because a floating point number would
 * not add up; {@code milliGpuMillis} are whole numbers, and exact.
 */
final class SumsJson {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int DECIMALS = 6;

  private SumsJson() {}

  static String of(ReportSums sums) {
    ObjectNode all = JSON.createObjectNode();
    all.put("v", 1);
    all.put("by", ReportQuery.word(sums.report().by()));
    all.put("from", Instant.ofEpochMilli(sums.query().span().fromMillis()).toString());
    all.put("to", Instant.ofEpochMilli(sums.query().span().toMillis()).toString());
    all.put("currency", sums.currency());
    if (sums.lacksUsage()) {
      all.put("completeSince", Instant.ofEpochMilli(sums.completeSince()).toString());
    }
    all.put("gpuHours", sums.gpuHours());
    all.put("gpuHoursWithoutFigures", sums.withoutFigures());
    ArrayNode lines = all.putArray("lines");
    for (CostReport.Line line : sums.report().lines()) {
      fill(lines.addObject().put("name", line.name()), line, sums);
    }
    fill(all.putObject("unowned"), sums.report().unowned(), sums);
    fill(all.putObject("sum"), sums.report().all(), sums);
    try {
      return JSON.writeValueAsString(all) + "\n";
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static void fill(ObjectNode node, CostReport.Line line, ReportSums sums) {
    for (Kind kind : Kind.values()) {
      String name = ReportQuery.word(kind);
      if (kind == Kind.IDLE && !sums.idleMeasured()) {
        node.putNull(name);
      } else {
        node.putObject(name)
            .put("gpuHours", Amounts.gpuHours(line.milliGpuMillis(kind), DECIMALS))
            .put("milliGpuMillis", line.milliGpuMillis(kind))
            .put("cost", Amounts.money(line.micros(kind)));
      }
    }
    node.put("memoryMiBHours", Amounts.mebibyteHours(line.mebibyteMillis(), DECIMALS));
    node.put("cost", Amounts.money(line.micros()));
  }
}
