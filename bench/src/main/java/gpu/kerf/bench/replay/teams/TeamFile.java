package gpu.kerf.bench.replay.teams;

import gpu.kerf.bench.replay.input.InputException;
import gpu.kerf.extender.team.InputProblems.Problem;
import gpu.kerf.extender.team.TeamManifests;
import gpu.kerf.extender.team.TeamSpec;
import gpu.kerf.model.team.Team;
import gpu.kerf.model.team.TeamForm;
import gpu.kerf.model.team.TeamTerms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.TemporalAdjusters;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The teams of a replay, with their windows.
 *
 * @param start the moment that the replay calls 0: a Monday, 00:00 in the windows' time zone
 */
record TeamFile(List<TeamForm> teams, Instant start) {

  /** A week in which no clock of a time zone is put forward or back. */
  private static final LocalDate MONDAY =
      LocalDate.of(2026, 1, 12).with(TemporalAdjusters.nextOrSame(DayOfWeek.MONDAY));

  TeamFile {
    teams = List.copyOf(teams);
  }

  static TeamFile read(Path path) throws IOException {
    TeamManifests manifests = new TeamManifests();
    manifests.read(path.toString(), text(path));
    manifests.checkTogether(null);
    if (!manifests.problems().isEmpty()) {
      throw new IOException(
          manifests.problems().stream().map(Problem::toString).collect(Collectors.joining("\n")));
    }
    if (manifests.teams().isEmpty()) {
      throw InputException.inFile(path, "has no Team.", "Write at least one object of kind Team.");
    }
    Set<ZoneId> zones = new HashSet<>();
    for (TeamSpec team : manifests.teams()) {
      team.windows().forEach(window -> zones.add(window.time().zone()));
    }
    if (zones.size() > 1) {
      throw InputException.inFile(
          path,
          "has windows in several time zones (" + zones + ").",
          "A replay has one Monday 00:00: write the same time zone everywhere.");
    }
    ZoneId zone = zones.isEmpty() ? ZoneOffset.UTC : zones.iterator().next();
    return new TeamFile(
        manifests.teams().stream().map(TeamFile::form).toList(),
        MONDAY.atTime(LocalTime.MIDNIGHT).atZone(zone).toInstant());
  }

  private static String text(Path path) throws IOException {
    try {
      return Files.readString(path);
    } catch (NoSuchFileException e) {
      throw InputException.inFile(path, "no such file.", "Check the path.");
    }
  }

  private static TeamForm form(TeamSpec spec) {
    return new TeamForm(
        terms(spec, spec.team(), spec.models()),
        spec.windows().stream()
            .map(
                window ->
                    new TeamForm.Window(
                        window.name(), window.time(), terms(spec, window.team(), window.models())))
            .toList());
  }

  private static TeamTerms terms(TeamSpec spec, Team team, List<TeamSpec.ModelAmounts> models) {
    Map<String, TeamTerms.ModelTerms> ofModel = new LinkedHashMap<>();
    models.forEach(
        model ->
            ofModel.put(model.model(), new TeamTerms.ModelTerms(model.guarantee(), model.limit())));
    return new TeamTerms(team, ofModel, spec.minRuntime());
  }

  /** What holds at a moment of the replay. */
  List<TeamTerms> at(long millis) {
    Instant moment = start.plus(Duration.ofMillis(millis));
    return teams.stream().map(team -> team.at(moment)).toList();
  }

  boolean hasWindows() {
    return teams.stream().anyMatch(team -> !team.windows().isEmpty());
  }

  /** The names of the teams without children. */
  Set<String> leaves() {
    Set<String> names = new TreeSet<>();
    teams.forEach(team -> names.add(team.usual().team().name()));
    teams.forEach(team -> names.remove(String.valueOf(team.usual().team().parent())));
    return names;
  }
}
