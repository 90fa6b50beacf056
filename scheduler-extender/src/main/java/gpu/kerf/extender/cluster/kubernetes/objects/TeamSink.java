package gpu.kerf.extender.cluster.kubernetes.objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.cluster.kubernetes.watching.Sink;
import gpu.kerf.extender.team.TeamReading;
import gpu.kerf.extender.wire.WireException;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/** Keeps the Teams of a cluster as they were read, or the queues that are read as teams. */
public final class TeamSink implements Sink<TeamReading> {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Function<JsonNode, TeamReading> reader;
  private final Runnable changed;
  private final Map<String, TeamReading> teams = new HashMap<>();

  /**
   * @param changed is run when a team says something else; its status does not count
   */
  public TeamSink(Function<JsonNode, TeamReading> reader, Runnable changed) {
    this.reader = reader;
    this.changed = changed;
  }

  @Override
  public TeamReading read(Meta meta, JsonSlice json) throws WireException {
    try {
      return reader.apply(JSON.readTree(json.bytes(), json.offset(), json.length()));
    } catch (IOException | IllegalArgumentException e) {
      throw new WireException("The team cannot be read: " + e.getMessage());
    }
  }

  @Override
  public void put(Meta meta, TeamReading team) {
    TeamReading before = teams.put(meta.name(), team);
    if (before == null || !before.isSameAs(team)) {
      changed.run();
    }
  }

  /** What was known of it stands. */
  @Override
  public void unreadable(Meta meta, String problem) {}

  @Override
  public void deleted(Meta meta) {
    if (teams.remove(meta.name()) != null) {
      changed.run();
    }
  }

  /** There are none any more, although no deletion was told. */
  public void clear() {
    teams.clear();
    changed.run();
  }

  public Collection<TeamReading> teams() {
    return teams.values();
  }
}
