package gpu.kerf.model.team;

/**
 * What there is to tell of a team.
 *
 * @param guarantee the one that holds now
 * @param held what its running work holds, and what is kept for work that waits for evictions
 * @param borrowed what it holds above its guarantee
 * @param reserved what has a place and is not bound yet
 * @param pending what waits without a place
 * @param pendingWorks how many pieces of work wait
 */
public record TeamNumbers(
    String team,
    GpuAmount guarantee,
    GpuAmount held,
    GpuAmount borrowed,
    GpuAmount reserved,
    GpuAmount pending,
    int pendingWorks,
    GpuAmount share) {}
