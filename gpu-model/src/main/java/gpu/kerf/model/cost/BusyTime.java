package gpu.kerf.model.cost;

/** How busy GPUs were. */
@FunctionalInterface
public interface BusyTime {

  /** What {@link #permille} says where there is no figure. */
  int UNKNOWN = -1;

  BusyTime NOT_MEASURED = (gpu, hourStartMillis) -> UNKNOWN;

  /** For how many thousandths of an hour a GPU computed anything, for any of its pods. */
  int permille(String gpu, long hourStartMillis);
}
