package gpu.kerf.extender.stream;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.turn.TeamsPicture;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;

/** A reclaim has ended: one team took GPUs from others, or tried to. */
public record TeamReclaimed(TeamsPicture.OneReclaim reclaim) implements EventData {
  private static final int DECIMALS = 3;

  @Override
  public String type() {
    return PREFIX + "team.reclaimed.v1";
  }

  /** The team that took; a viewer that must not see its name gets the subject without it. */
  @Override
  public String subject() {
    return "teams/" + reclaim.team();
  }

  @Override
  public String key() {
    return reclaim.team();
  }

  @Override
  public List<String> namespaces() {
    return List.of();
  }

  @Override
  public boolean isSeenBy(Viewer viewer) {
    return viewer.seesTeam(reclaim.team())
        || reclaim.victims().stream().anyMatch(victim -> viewer.seesTeam(victim.team()));
  }

  @Override
  public void write(JsonGenerator out, Viewer viewer) throws IOException {
    out.writeStringField("team", viewer.team(reclaim.team()));
    out.writeStringField("work", viewer.work(reclaim.name()));
    out.writeStringField("rule", reclaim.rule().name().toLowerCase(Locale.ROOT));
    out.writeStringField("outcome", reclaim.outcome());
    out.writeNumberField("since", reclaim.since());
    out.writeNumberField("end", reclaim.end());
    out.writeArrayFieldStart("victims");
    for (TeamsPicture.OneVictim victim : reclaim.victims()) {
      out.writeStartObject();
      out.writeStringField("team", viewer.team(victim.team()));
      out.writeStringField("work", viewer.work(victim.name()));
      out.writeNumberField("pods", victim.pods());
      out.writeStringField("gpus", BigDecimal.valueOf(victim.milli(), DECIMALS).toPlainString());
      out.writeEndObject();
    }
    out.writeEndArray();
  }
}
