package gpu.kerf.extender.command;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.command.InputProblems.Problem;
import gpu.kerf.model.team.CronSchedule;
import gpu.kerf.model.team.GpuAmount;
import gpu.kerf.model.team.Team;
import gpu.kerf.model.team.TeamWindow;
import gpu.kerf.model.team.Weight;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A Team as its manifest says it.
 *
 * @param team its amounts outside of all windows
 * @param namespaces the names of namespaces that it lists
 * @param hasNamespaces whether it lists or selects namespaces
 */
record TeamManifest(
    Team team, List<String> namespaces, boolean hasNamespaces, List<Window> windows) {

  static final String API_VERSION = "kerf.gpu/v1alpha1";

  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final Pattern DURATION =
      Pattern.compile("(?=\\d)(?:(\\d{1,4})d)?(?:(\\d{1,5})h)?(?:(\\d{1,6})m)?(?:(\\d{1,7})s)?");
  private static final Pattern HOURS = Pattern.compile("\\d{1,12}(\\.\\d{1,3})?");

  /** A window, and the team as it is while the window is open. */
  record Window(String name, TeamWindow time, Team team) {}

  /** The team at a moment: the first window of the list that is open counts. */
  Team at(Instant moment) {
    return windows.stream()
        .filter(window -> window.time().isOpen(moment))
        .findFirst()
        .map(Window::team)
        .orElse(team);
  }

  /** Reads a manifest; null if it lacks what a team must have. */
  static @Nullable TeamManifest read(InputProblems problems, String file, JsonNode object) {
    String name = object.path("metadata").path("name").asText("");
    String place = "Team " + (name.isEmpty() ? "?" : name);
    return new Reader(problems, file, place).read(new FieldReader(problems, file, place, object));
  }

  private record Reader(InputProblems problems, String file, String place) {

    @Nullable TeamManifest read(FieldReader root) {
      String version = root.text("apiVersion");
      if (!API_VERSION.equals(version)) {
        add("apiVersion", String.valueOf(version), "is not known.", "Write " + API_VERSION + ".");
      }
      root.node("kind");
      root.node("status");
      root.require("metadata", "Write metadata: {name: research}.");
      root.require("spec", "Write spec with a guarantee.");
      root.refuseUnknown();
      String name = root.node("metadata").path("name").asText("");
      if (!LABEL.matcher(name).matches()) {
        add(
            "metadata.name",
            name,
            "is no name of an object.",
            "Write at most 63 of a-z, 0-9 and -, such as research.");
        return null;
      }
      return spec(new FieldReader(problems, file, place + ": spec", root.node("spec")), name);
    }

    private @Nullable TeamManifest spec(FieldReader spec, String name) {
      Team none = new Team(name, spec.text("parent"), GpuAmount.NONE, null, Weight.ONE, 0);
      Team team = amounts(spec, none);
      List<String> namespaces = new ArrayList<>();
      spec.object("namespaces").ifPresent(fields -> namespaces(fields, namespaces));
      boolean hasNamespaces = spec.has("namespaces");
      List<Window> windows = new ArrayList<>();
      for (FieldReader window : spec.objects("windows")) {
        window(window, team, windows);
      }
      refuseTwins("spec.windows", windows.stream().map(Window::name).toList());
      spec.object("budget").ifPresent(Reader::budget);
      spec.object("protect")
          .ifPresent(
              protect -> {
                protect.parsed("minRuntime", Reader::duration);
                protect.refuseUnknown();
              });
      spec.refuseUnknown();
      return new TeamManifest(team, namespaces, hasNamespaces, windows);
    }

    /** The fields that windows change; what is left out stays as it is. */
    private Team amounts(FieldReader fields, Team base) {
      GpuAmount guarantee = fields.parsed("guarantee", GpuAmount::parse);
      GpuAmount limit = fields.parsed("limit", GpuAmount::parse);
      Weight weight = fields.parsed("weight", Weight::parse);
      Integer priority = fields.integer("priority");
      models(fields);
      return new Team(
          base.name(),
          base.parent(),
          guarantee == null ? base.guarantee() : guarantee,
          limit == null ? base.limit() : limit,
          weight == null ? base.weight() : weight,
          priority == null ? base.priority() : priority);
    }

    private void models(FieldReader fields) {
      List<String> models = new ArrayList<>();
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
        models.add(String.valueOf(name));
      }
      refuseTwins("spec.models", models);
    }

    private void namespaces(FieldReader fields, List<String> names) {
      names.addAll(fields.texts("names"));
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
      fields.object("selector").ifPresent(Reader::selector);
      if (fields.has("names") == fields.has("selector")) {
        add(
            "spec.namespaces",
            "",
            "needs either names or a selector.",
            "Write names: [research], or selector: {matchLabels: {team: research}}.");
      }
      fields.refuseUnknown();
    }

    private static void selector(FieldReader selector) {
      selector.object("matchLabels").ifPresent(FieldReader::allTexts);
      selector.require("matchLabels", "Write matchLabels: {team: research}.");
      selector.refuseUnknown();
    }

    private void window(FieldReader fields, Team base, List<Window> windows) {
      fields.require("name", "Write a name, such as nights.");
      fields.require("schedule", "Write when it opens, such as \"0 20 * * 1-5\".");
      fields.require("timeZone", "Write a time zone, such as Europe/Berlin.");
      fields.require("duration", "Write how long it is open, such as 10h.");
      String name = fields.text("name");
      CronSchedule schedule = fields.parsed("schedule", CronSchedule::parse);
      ZoneId zone = fields.parsed("timeZone", Reader::zone);
      Duration duration = fields.parsed("duration", Reader::windowDuration);
      Team open = amounts(fields, base);
      fields.refuseUnknown();
      GpuAmount limit = open.limit();
      if (limit != null && open.guarantee().compareTo(limit) > 0 && !open.equals(base)) {
        add(
            "spec.windows." + name + ".guarantee",
            open.guarantee().toString(),
            "is above the limit (" + limit + ").",
            "Raise the limit or lower the guarantee.");
      }
      if (name != null && schedule != null && zone != null && duration != null) {
        windows.add(new Window(name, new TeamWindow(schedule, zone, duration), open));
      }
    }

    private static void budget(FieldReader budget) {
      budget.require("gpuHours", "Write how many GPU hours a period has, such as \"2000\".");
      budget.require("period", "Write Month.");
      budget.parsed("gpuHours", Reader::hours);
      budget.oneOf("period", List.of("Day", "Week", "Month", "Quarter", "Year"));
      budget.oneOf("onExhausted", List.of("Hold", "Evict", "Yield"));
      budget.refuseUnknown();
    }

    private static BigDecimal hours(String text) {
      if (!HOURS.matcher(text).matches()) {
        throw new IllegalArgumentException(
            "is no number of GPU hours.\nWrite a decimal number of 0 or more, such as \"2000\".");
      }
      return new BigDecimal(text);
    }

    private static ZoneId zone(String text) {
      try {
        return ZoneId.of(text);
      } catch (DateTimeException e) {
        throw new IllegalArgumentException(
            "is no time zone.\nWrite a name of the tz database, such as Europe/Berlin.", e);
      }
    }

    private static Duration windowDuration(String text) {
      return TeamWindow.checkDuration(duration(text));
    }

    private static Duration duration(String text) {
      Matcher matcher = DURATION.matcher(text);
      if (!matcher.matches()) {
        throw new IllegalArgumentException(
            "is no duration.\nWrite days, hours, minutes and seconds, such as 10h or 1h30m.");
      }
      return Duration.ofDays(part(matcher, 1))
          .plusHours(part(matcher, 2))
          .plusMinutes(part(matcher, 3))
          .plusSeconds(part(matcher, 4));
    }

    private static long part(Matcher matcher, int group) {
      return matcher.group(group) == null ? 0 : Long.parseLong(matcher.group(group));
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
      problems.add(new Problem(file, place + ": " + field, value, what, hint));
    }
  }
}
