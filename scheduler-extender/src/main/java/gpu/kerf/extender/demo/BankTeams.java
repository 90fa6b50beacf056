package gpu.kerf.extender.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.team.TeamAcceptor;
import gpu.kerf.extender.team.TeamReading;
import gpu.kerf.extender.team.TeamSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.TemporalAdjusters;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The teams of the bank, as manifests, and what is promised to each. */
final class BankTeams {

  /** The teams that have pods, in the order in which they are shown. */
  static final List<String> LEAVES = List.of(BankWork.FRAUD, BankWork.RESEARCH, BankWork.ANALYTICS);

  /**
   * GPU hours a month for each GPU of the bank, which are more than two thirds of all there are.
   */
  private static final int RESEARCH_HOURS = 500;

  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  private BankTeams() {}

  /**
   * The manifests, which could be applied to a cluster as they are.
   *
   * @param gpus how many there are
   */
  static String manifests(int gpus) {
    int fraud = gpus / 3;
    int research = gpus / 3;
    int night = gpus / 3;
    int day = gpus / 6;
    return """
    apiVersion: kerf.gpu/v1alpha1
    kind: Team
    metadata: {name: bank, uid: team-bank, generation: 1}
    spec:
      guarantee: "%1$d"
    ---
    apiVersion: kerf.gpu/v1alpha1
    kind: Team
    metadata: {name: fraud, uid: team-fraud, generation: 1}
    spec:
      parent: bank
      namespaces: {names: [fraud]}
      guarantee: "%2$d"
    ---
    apiVersion: kerf.gpu/v1alpha1
    kind: Team
    metadata: {name: research, uid: team-research, generation: 1}
    spec:
      parent: bank
      namespaces: {names: [research]}
      guarantee: "%3$d"
      weight: 2
      budget: {gpuHours: "%7$d", period: Month, onExhausted: Hold}
    ---
    apiVersion: kerf.gpu/v1alpha1
    kind: Team
    metadata: {name: analytics, uid: team-analytics, generation: 1}
    spec:
      parent: bank
      namespaces: {names: [analytics]}
      guarantee: "0"
      limit: "%4$d"
      windows:
      - {name: weekend, schedule: "0 0 * * 6", timeZone: UTC, duration: 48h, guarantee: "%5$d", limit: "%6$d"}
      - {name: nights, schedule: "0 20 * * 1-5", timeZone: UTC, duration: 10h, guarantee: "%5$d", limit: "%6$d"}
    """
        .formatted(gpus, fraud, research, day, night, gpus / 2, gpus * RESEARCH_HOURS);
  }

  /** The teams as a cluster accepts them. */
  static AcceptedTeams accepted(int gpus) {
    List<TeamReading> readings = new ArrayList<>();
    for (JsonNode object : objects(manifests(gpus))) {
      readings.add(TeamReading.of(object));
    }
    AcceptedTeams teams =
        TeamAcceptor.accept(
            TeamSource.KERF,
            readings,
            AcceptedTeams.NONE,
            Map.of(
                BankWork.FRAUD,
                Map.of(),
                BankWork.RESEARCH,
                Map.of(),
                BankWork.ANALYTICS,
                Map.of()));
    teams
        .acceptances()
        .forEach(
            (team, acceptance) -> {
              if (!acceptance.accepted()) {
                throw new IllegalStateException(
                    "The team (" + team + ") is not accepted: " + acceptance.message());
              }
            });
    return teams;
  }

  private static List<JsonNode> objects(String text) {
    try (MappingIterator<JsonNode> documents = YAML.readerFor(JsonNode.class).readValues(text)) {
      return documents.readAll();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("The bank's teams are not YAML: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The demo begins on a Thursday in the afternoon: then the night comes soon, then a day without
   * the window of the night, then another night and the weekend.
   */
  static long startNear(long now) {
    return Instant.ofEpochMilli(now)
        .atZone(ZoneOffset.UTC)
        .with(TemporalAdjusters.previousOrSame(DayOfWeek.THURSDAY))
        .with(LocalTime.of(16, 0))
        .toInstant()
        .toEpochMilli();
  }
}
