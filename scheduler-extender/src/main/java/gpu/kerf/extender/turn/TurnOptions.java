package gpu.kerf.extender.turn;

/**
 * The settings of turns; they may change at run time.
 *
 * @param enabled whether teams are acted on
 * @param reclaimsShares whether a team below its share takes GPUs back, or only one below its
 *     guarantee
 * @param patienceMillis after how long the first of a line gets a place drained
 * @param placeMillis how long a place is held for a pod that is not yet bound
 * @param announceMillis how long before a window closes its evictions are announced
 * @param gatesPerSecond how many gates are taken off a second
 */
public record TurnOptions(
    boolean enabled,
    boolean reclaimsShares,
    long patienceMillis,
    long placeMillis,
    long announceMillis,
    int gatesPerSecond) {

  public static TurnOptions defaults() {
    return new TurnOptions(true, false, 1_800_000, 30_000, 600_000, 500);
  }
}
