package gpu.kerf.extender.cost;

/** How a report is written. */
public enum ReportFormat {
  TABLE("text/plain; charset=utf-8"),
  CSV("text/csv; charset=utf-8"),
  JSON("application/json"),
  /** FOCUS: a row for each part of each hour of each GPU. */
  FOCUS("text/csv; charset=utf-8");

  private final String contentType;

  ReportFormat(String contentType) {
    this.contentType = contentType;
  }

  public String contentType() {
    return contentType;
  }
}
