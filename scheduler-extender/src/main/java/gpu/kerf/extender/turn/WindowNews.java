package gpu.kerf.extender.turn;

import gpu.kerf.extender.team.AcceptedTeams;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Tells which windows have opened and closed since the last look. */
final class WindowNews {
  private final Map<String, String> known = new HashMap<>();
  private final List<WindowListener> listeners = new ArrayList<>();

  void onChange(WindowListener listener) {
    listeners.add(listener);
  }

  /** Teams are others than before: what is open now is no news. */
  void begin(AcceptedTeams teams, UnaryOperator<String> windowOf) {
    known.clear();
    teams.inForce().keySet().forEach(team -> known.put(team, windowOf.apply(team)));
  }

  /** Tells what has changed. */
  void look(UnaryOperator<String> windowOf) {
    known.replaceAll(
        (team, before) -> {
          String now = windowOf.apply(team);
          if (!now.equals(before)) {
            listeners.forEach(listener -> listener.changed(team, now, before));
          }
          return now;
        });
  }
}
