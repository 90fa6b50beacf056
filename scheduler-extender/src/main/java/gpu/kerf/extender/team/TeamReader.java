package gpu.kerf.extender.team;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.team.InputProblems.Problem;
import gpu.kerf.extender.team.TeamSpec.ModelAmounts;
import gpu.kerf.extender.team.TeamSpec.Namespaces;
import gpu.kerf.extender.team.TeamSpec.Window;
import gpu.kerf.model.budget.BudgetPeriod;
import gpu.kerf.model.budget.GpuBudget;
import gpu.kerf.model.budget.GpuBudget.OnExhausted;
import gpu.kerf.model.idle.IdleRule;
import gpu.kerf.model.team.CronSchedule;
import gpu.kerf.model.team.GpuAmount;
import gpu.kerf.model.team.Team;
import gpu.kerf.model.team.TeamWindow;
import gpu.kerf.model.team.Weight;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the manifest of one Team, and says everything that is wrong with it alone. */
final class TeamReader {
  static final String API_VERSION = "kerf.gpu/v1alpha1";

  private static final ZoneId UTC = ZoneId.of("UTC");
  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

  private final InputProblems problems;
  private final String file;

  /** What stands before the place of a field in a problem. */
  private final String prefix;

  /**
   * @param file where the manifest stands; empty if it is an object of the API server
   */
  TeamReader(InputProblems problems, String file, JsonNode object) {
    this.problems = problems;
    this.file = file;
    String name = object.path("metadata").path("name").asText("");
    this.prefix = file.isEmpty() ? "" : "Team " + (name.isEmpty() ? "?" : name) + ": ";
  }

  /** The Team; null if its name is none. */
  @Nullable TeamSpec read(JsonNode object) {
    FieldReader root = reader("", object);
    String version = root.text("apiVersion");
    if (!API_VERSION.equals(version)) {
      add("apiVersion", String.valueOf(version), "is not known.", "Write " + API_VERSION + ".");
    }
    root.node("kind");
    root.node("status");
    root.require("metadata", "Write metadata: {name: research}.");
    root.require("spec", "Write spec with a guarantee.");
    root.refuseUnknown();
    JsonNode metadata = root.node("metadata");
    String name = metadata.path("name").asText("");
    if (!LABEL.matcher(name).matches()) {
      add(
          "metadata.name",
          name,
          "is no name of an object.",
          "Write at most 63 of a-z, 0-9 and -, such as research.");
      return null;
    }
    return spec(reader("spec", root.node("spec")), name, metadata);
  }

  private FieldReader reader(String path, JsonNode object) {
    String place = path.isEmpty() ? prefix.replaceFirst(": $", "") : prefix + path;
    return new FieldReader(problems, file, place, object);
  }

  private TeamSpec spec(FieldReader spec, String name, JsonNode metadata) {
    Team none = new Team(name, spec.text("parent"), GpuAmount.NONE, null, Weight.ONE, 0);
    Team team = amounts(spec, none);
    if (file.isEmpty()) {
      // Teams of files are checked together, and this with them.
      refuseMoreThanLimit("spec.guarantee", team);
    }
    List<ModelAmounts> models = models(spec);
    Namespaces namespaces = spec.object("namespaces").map(this::namespaces).orElse(Namespaces.NONE);
    List<Window> windows = new ArrayList<>();
    for (FieldReader window : spec.objects("windows")) {
      window(window, team, models, windows);
    }
    refuseTwins("spec.windows", windows.stream().map(Window::name).toList());
    GpuBudget budget = spec.object("budget").map(TeamReader::budget).orElse(null);
    Duration minRuntime = spec.object("protect").map(TeamReader::protect).orElse(Duration.ZERO);
    IdleRule idle = spec.object("idle").map(TeamReader::idle).orElse(null);
    spec.refuseUnknown();
    return new TeamSpec(
        metadata.path("uid").asText(""),
        metadata.path("generation").asLong(),
        TeamReading.createdMillis(metadata),
        team,
        namespaces,
        models,
        windows,
        budget,
        minRuntime,
        idle);
  }

  /** The fields that windows change; what is left out stays as it is. */
  private static Team amounts(FieldReader fields, Team base) {
    GpuAmount guarantee = fields.parsed("guarantee", GpuAmount::parse);
    GpuAmount limit = fields.parsed("limit", GpuAmount::parse);
    Weight weight = fields.parsed("weight", Weight::parse);
    Integer priority = fields.integer("priority");
    return new Team(
        base.name(),
        base.parent(),
        guarantee == null ? base.guarantee() : guarantee,
        limit == null ? base.limit() : limit,
        weight == null ? base.weight() : weight,
        priority == null ? base.priority() : priority);
  }

  private void refuseMoreThanLimit(String field, Team team) {
    GpuAmount limit = team.limit();
    if (limit != null && team.guarantee().compareTo(limit) > 0) {
      add(
          field,
          team.guarantee().toString(),
          "is above the limit (" + limit + ").",
          "Raise the limit or lower the guarantee.");
    }
  }

  private List<ModelAmounts> models(FieldReader fields) {
    List<ModelAmounts> models = new ArrayList<>();
    for (FieldReader model : fields.objects("models")) {
      model.require("name", "Write the name of a GPU model.");
      String name = model.text("name");
      GpuAmount least = model.parsed("guarantee", GpuAmount::parse);
      GpuAmount most = model.parsed("limit", GpuAmount::parse);
      model.refuseUnknown();
      if (least != null && most != null && least.compareTo(most) > 0) {
        model.problem(
            "guarantee",
            "is above the limit (" + most + ").",
            "Raise the limit or lower the guarantee.");
      }
      if (name != null) {
        models.add(new ModelAmounts(name, Objects.requireNonNullElse(least, GpuAmount.NONE), most));
      }
    }
    refuseTwins("spec.models", models.stream().map(ModelAmounts::model).toList());
    return models;
  }

  private Namespaces namespaces(FieldReader fields) {
    List<String> names = fields.texts("names");
    for (String name : names) {
      if (!LABEL.matcher(name).matches()) {
        add(
            "spec.namespaces.names",
            name,
            "is no name of a namespace.",
            "Write at most 63 of a-z, 0-9 and -.");
      }
    }
    refuseTwins("spec.namespaces.names", names);
    Map<String, String> labels =
        fields.object("selector").map(TeamReader::selector).orElse(Map.of());
    if (fields.has("names") == fields.has("selector")) {
      add(
          "spec.namespaces",
          "",
          "needs either names or a selector.",
          "Write names: [research], or selector: {matchLabels: {team: research}}.");
    }
    fields.refuseUnknown();
    return new Namespaces(names, labels);
  }

  private static Map<String, String> selector(FieldReader selector) {
    Map<String, String> labels =
        selector.object("matchLabels").map(FieldReader::allTexts).orElse(Map.of());
    selector.require("matchLabels", "Write matchLabels: {team: research}.");
    if (selector.has("matchLabels") && labels.isEmpty()) {
      selector.problem("matchLabels", "selects no namespace.", "Write {team: research}.");
    }
    selector.refuseUnknown();
    return labels;
  }

  private void window(
      FieldReader fields, Team base, List<ModelAmounts> models, List<Window> windows) {
    fields.require("name", "Write a name, such as nights.");
    fields.require("schedule", "Write when it opens, such as \"0 20 * * 1-5\".");
    fields.require("timeZone", "Write a time zone, such as Europe/Berlin.");
    fields.require("duration", "Write how long it is open, such as 10h.");
    String name = fields.text("name");
    CronSchedule schedule = fields.parsed("schedule", CronSchedule::parse);
    ZoneId zone = fields.parsed("timeZone", TeamValues::zone);
    Duration duration = fields.parsed("duration", TeamValues::windowDuration);
    Team open = amounts(fields, base);
    List<ModelAmounts> openModels = fields.has("models") ? models(fields) : models;
    fields.refuseUnknown();
    if (!open.equals(base)) {
      refuseMoreThanLimit("spec.windows." + name + ".guarantee", open);
    }
    if (name != null && schedule != null && zone != null && duration != null) {
      windows.add(new Window(name, new TeamWindow(schedule, zone, duration), open, openModels));
    }
  }

  private static @Nullable GpuBudget budget(FieldReader budget) {
    budget.require("gpuHours", "Write how many GPU hours a period has, such as \"2000\".");
    budget.require("period", "Write Month.");
    Long hours = budget.parsed("gpuHours", TeamValues::milliGpuHours);
    String period = budget.oneOf("period", List.of("Day", "Week", "Month", "Quarter", "Year"));
    ZoneId zone = budget.parsed("timeZone", TeamValues::zone);
    String exhausted = budget.oneOf("onExhausted", List.of("Hold", "Evict", "Yield"));
    budget.refuseUnknown();
    return hours == null || period == null
        ? null
        : new GpuBudget(
            hours,
            BudgetPeriod.valueOf(period.toUpperCase(Locale.ROOT)),
            zone == null ? UTC : zone,
            exhausted == null
                ? OnExhausted.HOLD
                : OnExhausted.valueOf(exhausted.toUpperCase(Locale.ROOT)));
  }

  private static Duration protect(FieldReader protect) {
    Duration minRuntime = protect.parsed("minRuntime", TeamValues::duration);
    protect.refuseUnknown();
    return minRuntime == null ? Duration.ZERO : minRuntime;
  }

  private static @Nullable IdleRule idle(FieldReader idle) {
    idle.require("after", "Write how long GPUs may be idle before their pod is warned: 30m.");
    Duration after = idle.parsed("after", text -> IdleRule.checkAfter(TeamValues.duration(text)));
    Duration warn = idle.parsed("warn", text -> IdleRule.checkWarning(TeamValues.duration(text)));
    idle.refuseUnknown();
    return after == null ? null : new IdleRule(after, warn == null ? IdleRule.USUAL_WARNING : warn);
  }

  private void refuseTwins(String field, List<String> names) {
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (!seen.add(name)) {
        add(field, name, "is listed twice.", "Leave one out.");
      }
    }
  }

  private void add(String field, String value, String what, String hint) {
    problems.add(new Problem(file, prefix + field, value, what, hint));
  }
}
