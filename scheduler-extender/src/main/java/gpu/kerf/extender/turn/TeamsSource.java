package gpu.kerf.extender.turn;

import java.util.List;

/** Where those who show teams learn of them; on the thread that owns the scheduling. */
public interface TeamsSource {

  /** A cluster without teams. */
  TeamsSource NONE =
      new TeamsSource() {
        private final TurnCounts counts = new TurnCounts();

        @Override
        public TeamsPicture picture() {
          return TeamsPicture.NONE;
        }

        @Override
        public List<TeamsPicture.OneWaiting> line(String team, int most) {
          return List.of();
        }

        @Override
        public TurnCounts counts() {
          return counts;
        }
      };

  TeamsPicture picture();

  /** The first of those that wait in a team's line; none if there is no such team. */
  List<TeamsPicture.OneWaiting> line(String team, int most);

  /** The place of a pod in the line of its team, in words; empty if it stands in none. */
  default String place(String uid) {
    return "";
  }

  TurnCounts counts();
}
