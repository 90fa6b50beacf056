package gpu.kerf.extender.stream;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.access.Viewer;
import gpu.kerf.model.budget.BudgetBalance;
import gpu.kerf.model.budget.GpuTime;
import java.io.IOException;
import java.util.Locale;

/** A budget has reached 80, 95 or 100 percent, was changed, or begins anew. */
public record TeamBudgetChanged(String team, BudgetBalance now) implements TeamEvent {

  @Override
  public String type() {
    return PREFIX + "team.budget.v1";
  }

  @Override
  public void write(JsonGenerator out, Viewer viewer) throws IOException {
    out.writeStringField("team", team);
    out.writeStringField("gpuHours", GpuTime.text(now.budget().milliGpuHours()));
    out.writeStringField("used", GpuTime.text(GpuTime.milliGpuHours(now.used())));
    out.writeNumberField("usedPercent", now.level().percent());
    out.writeStringField("onExhausted", now.budget().onExhausted().name().toLowerCase(Locale.ROOT));
    out.writeNumberField("since", now.startMillis());
    out.writeNumberField("end", now.endMillis());
  }
}
