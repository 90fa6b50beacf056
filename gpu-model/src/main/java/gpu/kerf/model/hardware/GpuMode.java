package gpu.kerf.model.hardware;

import java.util.Locale;

/** The sharing mode that a GPU is in now. */
public enum GpuMode {
  /** Whole, or cut into MPS shares. */
  PLAIN,
  /** Only the MIG instances that exist. */
  MIG,
  /** Any MIG instance that has a legal start free; it is created before the container starts. */
  MIG_DYNAMIC;

  /** The word that records use: {@code plain}, {@code mig}, {@code mig-dynamic}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  public static GpuMode parse(String word) {
    for (GpuMode mode : values()) {
      if (mode.word().equals(word)) {
        return mode;
      }
    }
    throw new IllegalArgumentException(
        "The GPU mode (" + word + ") is not known.\nWrite one of plain, mig, mig-dynamic.");
  }
}
