package gpu.kerf.model.cost;

import gpu.kerf.model.usage.UsageCell;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Costs of a span of time, one line for each team, namespace, owner or GPU model. Rows are added as
 * they come.
 */
public final class CostReport {

  /** What a line is about. */
  public enum By {
    TEAM,
    NAMESPACE,
    OWNER,
    MODEL
  }

  private final By by;
  private final Map<String, Line> lines = new HashMap<>();
  private final Line all = new Line("");
  private final Line unowned = new Line("");

  public CostReport(By by) {
    this.by = by;
  }

  /** The sums of one name. Amounts are thousandths of a GPU times milliseconds, or micros. */
  public static final class Line {
    private final String name;
    private final Map<CostRow.Kind, Sum> sums = new EnumMap<>(CostRow.Kind.class);
    private long mebibyteMillis;

    private Line(String name) {
      this.name = name;
      for (CostRow.Kind kind : CostRow.Kind.values()) {
        sums.put(kind, new Sum());
      }
    }

    private void add(CostRow row) {
      of(row.kind()).add(row);
      mebibyteMillis = Math.addExact(mebibyteMillis, row.mebibyteMillis());
    }

    private Sum of(CostRow.Kind kind) {
      return Objects.requireNonNull(sums.get(kind));
    }

    public String name() {
      return name;
    }

    public long milliGpuMillis(CostRow.Kind kind) {
      return of(kind).amount;
    }

    public long micros(CostRow.Kind kind) {
      return of(kind).micros;
    }

    public long micros() {
      long all = 0;
      for (Sum each : sums.values()) {
        all = Math.addExact(all, each.micros);
      }
      return all;
    }

    public long mebibyteMillis() {
      return mebibyteMillis;
    }
  }

  private static final class Sum {
    private long amount;
    private long micros;

    private void add(CostRow row) {
      amount = Math.addExact(amount, row.milliGpuMillis());
      micros = Math.addExact(micros, row.micros());
    }
  }

  public void add(CostRow row) {
    all.add(row);
    String name = nameOf(row);
    if (name == null) {
      unowned.add(row);
    } else {
      lines.computeIfAbsent(name, Line::new).add(row);
    }
  }

  private @Nullable String nameOf(CostRow row) {
    UsageCell.Key owner = row.owner();
    if (by == By.MODEL) {
      return row.model();
    }
    if (owner == null) {
      return null;
    }
    return switch (by) {
      case TEAM -> owner.team();
      case NAMESPACE -> owner.namespace();
      case OWNER -> owner.namespace() + "/" + (owner.owner().isEmpty() ? "*" : owner.owner());
      case MODEL -> row.model();
    };
  }

  public By by() {
    return by;
  }

  /** In order of the names. */
  public List<Line> lines() {
    return List.copyOf(new TreeMap<>(lines).values());
  }

  /** What belongs to no line: what was free, and what was stranded by no placement. */
  public Line unowned() {
    return unowned;
  }

  /** The sum of all rows. */
  public Line all() {
    return all;
  }
}
