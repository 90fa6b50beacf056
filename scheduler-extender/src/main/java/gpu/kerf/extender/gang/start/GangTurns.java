package gpu.kerf.extender.gang.start;

import gpu.kerf.extender.gang.Gang;

/** Decides when a gang gets its places. */
@FunctionalInterface
public interface GangTurns {

  /** Every gang may start as soon as there is room for it. */
  GangTurns AT_ONCE = gang -> true;

  /**
   * Whether a gang may be given places now. If not, something else holds them for it in {@link
   * gpu.kerf.extender.state.HeldPlaces} when its turn has come.
   */
  boolean mayStart(Gang gang);
}
