package gpu.kerf.extender.api;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.team.BudgetText;
import gpu.kerf.extender.turn.TeamsPicture;
import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.budget.GpuTime;
import gpu.kerf.model.team.GpuAmount;
import gpu.kerf.model.team.TeamNumbers;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Teams as JSON. Amounts of GPUs are texts with three decimals, because a floating point number
 * would not add up.
 */
final class TeamsJson {

  /** How many entries of one line are told beside all teams. */
  private static final int LINE = 5;

  /** How many entries of lines are told beside all teams, so that the answer stays small. */
  private static final int LINES = 1_000;

  private static final int DECIMALS = 3;

  private final LongSupplier wallMillis;

  TeamsJson(LongSupplier wallMillis) {
    this.wallMillis = wallMillis;
  }

  byte[] all(TeamsPicture picture) {
    return Json.versioned(
        out -> {
          head(out, picture);
          out.writeStringField("total", gpus(picture.total()));
          out.writeArrayFieldStart("teams");
          int left = LINES;
          for (TeamsPicture.OneTeam team : picture.teams()) {
            List<TeamsPicture.OneWaiting> line = first(team.line(), Math.min(LINE, left));
            left -= line.size();
            out.writeStartObject();
            team(out, team, line);
            out.writeEndObject();
          }
          out.writeEndArray();
          out.writeArrayFieldStart("reclaims");
          for (TeamsPicture.OneReclaim reclaim : picture.reclaims()) {
            reclaim(out, reclaim);
          }
          out.writeEndArray();
        });
  }

  /** One team with its line; null if there is none of this name. */
  byte @Nullable [] one(TeamsPicture picture, String name, List<TeamsPicture.OneWaiting> line) {
    for (TeamsPicture.OneTeam team : picture.teams()) {
      if (team.name().equals(name)) {
        return Json.versioned(
            out -> {
              head(out, picture);
              out.writeObjectFieldStart("team");
              team(out, team, line);
              out.writeEndObject();
            });
      }
    }
    return null;
  }

  private void head(JsonGenerator out, TeamsPicture picture) throws IOException {
    out.writeNumberField("time", wallMillis.getAsLong());
    out.writeBooleanField("enabled", picture.enabled());
  }

  private static List<TeamsPicture.OneWaiting> first(List<TeamsPicture.OneWaiting> line, int most) {
    return line.subList(0, Math.min(most, line.size()));
  }

  private static void team(
      JsonGenerator out, TeamsPicture.OneTeam team, List<TeamsPicture.OneWaiting> line)
      throws IOException {
    TeamNumbers numbers = team.numbers();
    out.writeStringField("name", team.name());
    Json.text(out, "parent", team.parent().isEmpty() ? null : team.parent());
    out.writeStringField("guarantee", gpus(team.guarantee()));
    Json.text(out, "limit", team.limit() < 0 ? null : gpus(team.limit()));
    out.writeStringField("weight", gpus(team.weight()));
    out.writeNumberField("priority", team.priority());
    amount(out, "held", numbers.held());
    amount(out, "borrowed", numbers.borrowed());
    amount(out, "reserved", numbers.reserved());
    amount(out, "pending", numbers.pending());
    amount(out, "share", numbers.share());
    Json.text(out, "window", team.window().isEmpty() ? null : team.window());
    out.writeStringField("acceptance", team.acceptance());
    Json.text(out, "problem", team.problem().isEmpty() ? null : team.problem());
    out.writeNumberField("waiting", team.waiting());
    if (team.oldest() == 0) {
      out.writeNullField("oldest");
    } else {
      out.writeNumberField("oldest", team.oldest());
    }
    budget(out, team.budget());
    line(out, line);
  }

  private static void budget(JsonGenerator out, @Nullable BudgetBalance balance)
      throws IOException {
    if (balance == null) {
      out.writeNullField("budget");
      return;
    }
    out.writeObjectFieldStart("budget");
    out.writeStringField("gpuHours", GpuTime.text(balance.budget().milliGpuHours()));
    out.writeStringField("usedGpuHours", GpuTime.text(GpuTime.milliGpuHours(balance.used())));
    out.writeStringField("leftGpuHours", GpuTime.text(GpuTime.milliGpuHours(balance.left())));
    out.writeStringField("period", Json.word(balance.budget().period()));
    out.writeStringField("onExhausted", Json.word(balance.budget().onExhausted()));
    out.writeNumberField("since", balance.startMillis());
    out.writeNumberField("resets", balance.endMillis());
    out.writeBooleanField("exhausted", balance.isExhausted());
    out.writeStringField("text", BudgetText.of(balance));
    out.writeEndObject();
  }

  private static void line(JsonGenerator out, List<TeamsPicture.OneWaiting> line)
      throws IOException {
    out.writeArrayFieldStart("line");
    int place = 0;
    for (TeamsPicture.OneWaiting each : line) {
      out.writeStartObject();
      out.writeNumberField("place", ++place);
      out.writeStringField("name", each.name());
      out.writeNumberField("pods", each.pods());
      out.writeNumberField("priority", each.priority());
      out.writeNumberField("since", each.since());
      Json.text(out, "why", each.why().isEmpty() ? null : each.why());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void reclaim(JsonGenerator out, TeamsPicture.OneReclaim reclaim)
      throws IOException {
    out.writeStartObject();
    out.writeNumberField("since", reclaim.since());
    if (reclaim.end() == 0) {
      out.writeNullField("end");
    } else {
      out.writeNumberField("end", reclaim.end());
    }
    out.writeStringField("outcome", reclaim.outcome());
    out.writeStringField("rule", Json.word(reclaim.rule()));
    out.writeStringField("team", reclaim.team());
    out.writeStringField("name", reclaim.name());
    out.writeStringField("text", ReclaimSentence.of(reclaim));
    out.writeArrayFieldStart("victims");
    for (TeamsPicture.OneVictim victim : reclaim.victims()) {
      out.writeStartObject();
      out.writeStringField("team", victim.team());
      out.writeStringField("name", victim.name());
      out.writeNumberField("pods", victim.pods());
      out.writeStringField("gpus", gpus(victim.milli()));
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void amount(JsonGenerator out, String name, GpuAmount amount) throws IOException {
    out.writeStringField(name, gpus(amount.milli()));
  }

  static String gpus(long milli) {
    return BigDecimal.valueOf(milli, DECIMALS).toPlainString();
  }
}
