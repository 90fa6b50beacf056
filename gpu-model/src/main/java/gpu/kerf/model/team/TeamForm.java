package gpu.kerf.model.team;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A team with its windows: what holds for it changes with the time. */
public record TeamForm(TeamTerms usual, List<Window> windows) {

  /**
   * A window.
   *
   * @param terms what holds for the team while the window is open
   */
  public record Window(String name, TeamWindow time, TeamTerms terms) {}

  public TeamForm {
    windows = List.copyOf(windows);
  }

  /** What holds at a moment: the first window of the list that is open counts. */
  public TeamTerms at(Instant moment) {
    Window window = openAt(moment);
    return window == null ? usual : window.terms();
  }

  /** The window that counts at a moment; null if none is open. */
  public @Nullable Window openAt(Instant moment) {
    for (Window window : windows) {
      if (window.time().isOpen(moment)) {
        return window;
      }
    }
    return null;
  }
}
