package gpu.kerf.model.usage;

/** What teams have used of their budgets. */
public interface TeamUsage {

  /**
   * What a team and the teams below it have used since a moment, in thousandths of GPUs times
   * milliseconds, up to now.
   */
  long milliGpuMillis(String team, long fromMillis);
}
