package gpu.kerf.extender.settings;

import java.util.List;

/** An amount of memory, written {@code 16MiB}, {@code 16Mi} or as a number of bytes. */
public record ByteCount(long value) implements Comparable<ByteCount> {

  private record Unit(String name, long bytes) {}

  private static final List<Unit> UNITS =
      List.of(new Unit("GiB", 1 << 30), new Unit("MiB", 1 << 20), new Unit("KiB", 1 << 10));

  /** The same as Kubernetes writes them. */
  private static final List<Unit> SHORT =
      List.of(new Unit("Gi", 1 << 30), new Unit("Mi", 1 << 20), new Unit("Ki", 1 << 10));

  public ByteCount {
    if (value < 0) {
      throw new IllegalArgumentException("The number of bytes (" + value + ") is negative.");
    }
  }

  public static ByteCount kib(long value) {
    return new ByteCount(value << 10);
  }

  public static ByteCount mib(long value) {
    return new ByteCount(value << 20);
  }

  /** Reads what {@link #toString} writes, and amounts as in {@code 16Mi}. */
  public static ByteCount parse(String text) {
    for (List<Unit> units : List.of(UNITS, SHORT)) {
      for (Unit unit : units) {
        if (text.endsWith(unit.name)) {
          String number = text.substring(0, text.length() - unit.name.length()).strip();
          return new ByteCount(Math.multiplyExact(Long.parseLong(number), unit.bytes));
        }
      }
    }
    return new ByteCount(Long.parseLong(text));
  }

  /** The value for interfaces that count in an int. */
  public int intValue() {
    return Math.toIntExact(value);
  }

  @Override
  public int compareTo(ByteCount other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    for (Unit unit : UNITS) {
      if (value > 0 && value % unit.bytes == 0) {
        return value / unit.bytes + unit.name;
      }
    }
    return Long.toString(value);
  }
}
