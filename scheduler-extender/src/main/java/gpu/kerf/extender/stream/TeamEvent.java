package gpu.kerf.extender.stream;

import gpu.kerf.extender.access.Viewer;
import java.util.List;

/** An event about one team, which those see that see the team. */
interface TeamEvent extends EventData {

  String team();

  @Override
  default String subject() {
    return "teams/" + team();
  }

  @Override
  default String key() {
    return team();
  }

  @Override
  default List<String> namespaces() {
    return List.of();
  }

  @Override
  default boolean isSeenBy(Viewer viewer) {
    return viewer.seesTeam(team());
  }
}
