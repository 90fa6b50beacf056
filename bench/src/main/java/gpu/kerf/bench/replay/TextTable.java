package gpu.kerf.bench.replay;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A table of text: the first column to the left, all others to the right. */
public final class TextTable {

  private static final String GAP = "  ";

  private final List<List<String>> rows = new ArrayList<>();

  public TextTable(List<String> header) {
    rows.add(List.copyOf(header));
  }

  /** Adds a row; cells that are missing at its end stay empty. */
  public void add(List<String> cells) {
    rows.add(List.copyOf(cells));
  }

  public static String decimals(int decimals, double value) {
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }

  public void print(PrintWriter out) {
    int columns = rows.get(0).size();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < columns; column++) {
        String cell = column < row.size() ? row.get(column) : "";
        String blanks = " ".repeat(width(column) - cell.length());
        line.append(column == 0 ? "" : GAP).append(column == 0 ? cell + blanks : blanks + cell);
      }
      out.println(line.toString().stripTrailing());
    }
  }

  private int width(int column) {
    int width = 0;
    for (List<String> row : rows) {
      width = Math.max(width, column < row.size() ? row.get(column).length() : 0);
    }
    return width;
  }
}
