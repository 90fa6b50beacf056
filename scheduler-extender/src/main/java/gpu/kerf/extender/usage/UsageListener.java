package gpu.kerf.extender.usage;

/** Hears of what is counted. */
public interface UsageListener {

  /** A pod holds no GPUs any more. */
  void released(ReleasedPod pod);

  /** An hour is over, and what was used in it is known, but for ends that are told late. */
  void hourOver(long hourStartMillis);
}
