package gpu.kerf.extender.cost;

/** Rows of comma-separated values, as RFC 4180 says. */
final class Csv {
  private final StringBuilder out = new StringBuilder();

  Csv row(Iterable<String> cells) {
    String separator = "";
    for (String cell : cells) {
      out.append(separator).append(quoted(cell));
      separator = ",";
    }
    out.append("\r\n");
    return this;
  }

  private static String quoted(String cell) {
    boolean plain = true;
    for (int i = 0; i < cell.length() && plain; i++) {
      char c = cell.charAt(i);
      plain = c != ',' && c != '"' && c != '\n' && c != '\r';
    }
    return plain ? cell : '"' + cell.replace("\"", "\"\"") + '"';
  }

  /** What was written since the last call. */
  String take() {
    String text = out.toString();
    out.setLength(0);
    return text;
  }
}
