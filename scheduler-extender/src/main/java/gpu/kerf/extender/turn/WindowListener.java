package gpu.kerf.extender.turn;

/** Hears of windows that open and close. */
@FunctionalInterface
public interface WindowListener {

  /**
   * Another window is open than before.
   *
   * @param window empty if none is
   * @param before empty if none was
   */
  void changed(String team, String window, String before);
}
