package gpu.kerf.extender.api;

import java.util.ArrayList;
import java.util.List;

/** A table for a terminal: columns as wide as their widest cell, numbers to the right. */
public final class TextTable {

  private final List<String> heads;
  private final int texts;
  private final List<List<String>> rows = new ArrayList<>();

  /**
   * @param texts how many columns, from the left, are not numbers
   */
  public TextTable(int texts, String... heads) {
    this.texts = texts;
    this.heads = List.of(heads);
    rows.add(this.heads);
  }

  public void row(String... cells) {
    rows.add(List.of(cells));
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < row.size(); column++) {
        String space = " ".repeat(width(column) - row.get(column).length());
        line.append(column == 0 ? "" : "  ");
        line.append(column < texts ? row.get(column) + space : space + row.get(column));
      }
      out.append(line.toString().stripTrailing()).append('\n');
    }
    return out.toString();
  }

  private int width(int column) {
    return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
  }
}
