package gpu.kerf.extender.kueue.check;

/**
 * How Kerf answers Kueue's checks.
 *
 * @param keepQuotaMillis how long a workload that does not fit keeps its quota
 * @param promiseMillis how long the pods of a workload that was let through are counted before they
 *     are bound
 * @param rejects whether a workload is rejected that no GPU could ever hold; else it waits
 */
public record FitsOptions(long keepQuotaMillis, long promiseMillis, boolean rejects) {}
