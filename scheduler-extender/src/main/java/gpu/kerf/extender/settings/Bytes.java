package gpu.kerf.extender.settings;

import java.util.List;

/** An amount of memory, written {@code 16MiB}, {@code 64KiB} or as a number of bytes. */
public record Bytes(long value) implements Comparable<Bytes> {

  private record Unit(String name, long bytes) {}

  private static final List<Unit> UNITS =
      List.of(new Unit("GiB", 1 << 30), new Unit("MiB", 1 << 20), new Unit("KiB", 1 << 10));

  public Bytes {
    if (value < 0) {
      throw new IllegalArgumentException("The number of bytes (" + value + ") is negative.");
    }
  }

  public static Bytes kib(long value) {
    return new Bytes(value << 10);
  }

  public static Bytes mib(long value) {
    return new Bytes(value << 20);
  }

  /** Reads what {@link #toString} writes. */
  public static Bytes parse(String text) {
    for (Unit unit : UNITS) {
      if (text.endsWith(unit.name)) {
        String number = text.substring(0, text.length() - unit.name.length()).strip();
        return new Bytes(Math.multiplyExact(Long.parseLong(number), unit.bytes));
      }
    }
    return new Bytes(Long.parseLong(text));
  }

  /** The value for interfaces that count in an int. */
  public int intValue() {
    return Math.toIntExact(value);
  }

  @Override
  public int compareTo(Bytes other) {
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
