package gpu.kerf.extender.cost;

import gpu.kerf.model.cost.CostRow;

/** Writes a report while its rows come. */
interface ReportWriter {

  void row(CostRow row);

  /** The text that is finished, to be written after each hour. */
  String take();

  /** The rest. */
  String end();
}
