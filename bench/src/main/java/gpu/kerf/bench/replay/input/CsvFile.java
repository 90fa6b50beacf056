package gpu.kerf.bench.replay.input;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A table whose first line names its columns, in any order. Values stand between commas and are
 * never quoted.
 */
public final class CsvFile {

  private static final Pattern WHOLE_NUMBER = Pattern.compile("[+-]?[0-9]+");

  private final Path path;
  private final Map<String, Integer> columns = new HashMap<>();
  private final List<Row> rows = new ArrayList<>();

  private CsvFile(Path path) {
    this.path = path;
  }

  /** Reads a table that must have some columns; what other columns hold is not looked at. */
  public static CsvFile read(Path path, List<String> required) throws IOException {
    List<TextFile.Line> lines = TextFile.read(path).lines();
    CsvFile table = new CsvFile(path);
    table.readHeader(lines.get(0), required);
    for (TextFile.Line line : lines.subList(1, lines.size())) {
      table.rows.add(table.row(line));
    }
    if (table.rows.isEmpty()) {
      throw InputException.inFile(
          path, "there is no row under the header.", "Maybe it was not fully written.");
    }
    return table;
  }

  private void readHeader(TextFile.Line header, List<String> required) throws InputException {
    List<String> names = split(header);
    for (int i = 0; i < names.size(); i++) {
      if (columns.put(names.get(i), i) != null) {
        throw InputException.atLine(
            path,
            header.number(),
            "two columns have the name (" + InputException.shown(names.get(i)) + ").",
            "Rename one of them.");
      }
    }
    for (String name : required) {
      if (!columns.containsKey(name)) {
        throw InputException.atLine(
            path,
            header.number(),
            "there is no column " + name + " among (" + InputException.shown(header.text()) + ").",
            "The header must name the columns " + String.join(", ", required) + ".");
      }
    }
  }

  private Row row(TextFile.Line line) throws InputException {
    List<String> values = split(line);
    if (values.size() != columns.size()) {
      throw InputException.atLine(
          path,
          line.number(),
          "has " + values.size() + " values where the header has " + columns.size() + " columns.",
          "Maybe the line was cut off.");
    }
    return new Row(line.number(), values);
  }

  private List<String> split(TextFile.Line line) throws InputException {
    if (line.text().indexOf('"') >= 0) {
      throw InputException.atLine(
          path,
          line.number(),
          "there is a quotation mark in (" + InputException.shown(line.text()) + ").",
          "Values are not quoted in this format.");
    }
    List<String> values = new ArrayList<>();
    int from = 0;
    for (int comma = line.text().indexOf(','); comma >= 0; comma = line.text().indexOf(',', from)) {
      values.add(line.text().substring(from, comma).strip());
      from = comma + 1;
    }
    values.add(line.text().substring(from).strip());
    return values;
  }

  public Path path() {
    return path;
  }

  public boolean has(String column) {
    return columns.containsKey(column);
  }

  public List<Row> rows() {
    return rows;
  }

  /** One line under the header. */
  public final class Row {
    private final int line;
    private final List<String> values;

    private Row(int line, List<String> values) {
      this.line = line;
      this.values = List.copyOf(values);
    }

    /** A value as it stands there; empty where the table has no such column. */
    public String textOrEmpty(String column) {
      Integer at = columns.get(column);
      return at == null ? "" : values.get(at);
    }

    public String text(String column) throws InputException {
      String value = textOrEmpty(column);
      if (value.isEmpty()) {
        throw wrong(column, "the value is missing.", "Every row needs one.");
      }
      return value;
    }

    public int number(String column, int least, int most) throws InputException {
      String value = text(column);
      String range = "Write a whole number between " + least + " and " + most + ".";
      if (!WHOLE_NUMBER.matcher(value).matches()) {
        throw wrong(column, "(" + InputException.shown(value) + ") is not a whole number.", range);
      }
      long number = value.length() > 12 ? Long.MAX_VALUE : Long.parseLong(value);
      if (number < least || number > most) {
        throw wrong(column, "(" + InputException.shown(value) + ") is out of range.", range);
      }
      return (int) number;
    }

    /** An error at a value of this row. */
    public InputException wrong(String column, String problem, String hint) {
      return new InputException(path + ", line " + line + ", column " + column, problem, hint);
    }
  }
}
