package gpu.kerf.extender.dialect;

import gpu.kerf.model.demand.MemoryMiB;

/**
 * What an administrator says of the words of pods.
 *
 * @param gpushare what gpushare's number counts
 * @param least pods that ask for less memory are refused
 * @param mps whether the MPS daemon's memory is at /dev/shm in containers that get a share
 */
public record DialectOptions(GpushareDialect.Unit gpushare, MemoryMiB least, boolean mps) {

  public static DialectOptions defaults() {
    return new DialectOptions(GpushareDialect.Unit.GIB, new MemoryMiB(64), true);
  }

  public DialectOptions withGpushare(GpushareDialect.Unit unit) {
    return new DialectOptions(unit, least, mps);
  }

  public DialectOptions withLeast(MemoryMiB amount) {
    return new DialectOptions(gpushare, amount, mps);
  }

  public DialectOptions withoutMps() {
    return new DialectOptions(gpushare, least, false);
  }
}
