package gpu.kerf.extender.demo;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** The summary that a demo of teams prints at its end. */
final class TeamsSummary {

  private static final double HOUR_MILLIS = 3_600_000;

  private final Map<String, Object> json = new LinkedHashMap<>();
  private final Map<String, Map<String, Object>> teams = new LinkedHashMap<>();
  private final List<String> violations;

  TeamsSummary(TeamsDemo demo, Extender extender, long nanos) {
    DemoStatistics statistics = demo.statistics();
    long capacity = Summary.capacity(demo.fleet());
    long arriving = Math.min(statistics.lastArrival, demo.sinceStart());
    violations = new ArrayList<>(demo.audit().violations());
    demo.teams().forEach((name, team) -> teams.put(name, team.json(arriving)));
    json.put("v", 1);
    json.put("seed", demo.plan().seed());
    json.put("works", statistics.arrived);
    json.put("rate", demo.plan().rate());
    json.put("seconds", Figures.rounded(demo.sinceStart() / 1000.0, 3));
    json.put("finished", statistics.finished);
    json.put("unfinished", statistics.arrived - statistics.finished - statistics.turnedAway);
    json.put("turnedAway", statistics.turnedAway);
    json.put("fleet", Summary.fleet(demo.fleet(), capacity));
    json.put("heldPercent", Summary.percent(statistics.meanHeldMiB(arriving), capacity));
    json.put("teams", teams);
    json.put("gangs", demo.gangs());
    json.put("tornGangs", demo.tornGangs());
    json.put("doubleAllocations", violations.size());
    json.put("measured", Summary.measured(statistics, extender, nanos));
    if (demo.tornGangs() > 0) {
      violations.add(demo.tornGangs() + " gangs did not start or end whole");
    }
  }

  /** Everything; what differs from run to run stands under {@code measured}. */
  Map<String, Object> json() {
    return json;
  }

  /** What should not be: slots that were given twice, and gangs that were torn. */
  List<String> violations() {
    return violations;
  }

  /** For people, several lines. */
  String text() {
    StringBuilder text = new StringBuilder("\n");
    line(
        text,
        "%s works in %.1f h of the demo: %s finished; %s %% of the GPU memory was held",
        Objects.requireNonNull(json.get("works")),
        seconds() * 1000 / HOUR_MILLIS,
        Objects.requireNonNull(json.get("finished")),
        Objects.requireNonNull(json.get("heldPercent")));
    line(text, "");
    line(
        text,
        "%-11s %10s %6s %6s %8s %13s %8s %9s %14s",
        "team",
        "guaranteed",
        "share",
        "held",
        "waiting",
        "wait p50/p95",
        "reclaims",
        "evictions",
        "guarantee met");
    teams.forEach((name, team) -> text.append(row(name, team)));
    line(text, "");
    line(
        text,
        "%s gangs, %s torn; %s slots given twice",
        Objects.requireNonNull(json.get("gangs")),
        number("tornGangs"),
        number("doubleAllocations"));
    return text.toString();
  }

  private static String row(String name, Map<String, Object> team) {
    StringBuilder text = new StringBuilder();
    line(
        text,
        "%-11s %10s %6s %6s %8s %13s %8s %9s %14s",
        name,
        Objects.requireNonNull(team.get("meanGuaranteeGpus")),
        Objects.requireNonNull(team.get("meanShareGpus")),
        Objects.requireNonNull(team.get("meanHeldGpus")),
        Objects.requireNonNull(team.get("meanWaiting")),
        duration(team, "waitMsP50") + " / " + duration(team, "waitMsP95"),
        Objects.requireNonNull(team.get("reclaims")),
        Objects.requireNonNull(team.get("evictions")),
        "within " + duration(team, "guaranteeMetWithinMs"));
    return text.toString();
  }

  private static void line(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values).stripTrailing()).append('\n');
  }

  private double seconds() {
    return Objects.requireNonNull(json.get("seconds")) instanceof Number number
        ? number.doubleValue()
        : 0;
  }

  private String number(String key) {
    Object value = json.getOrDefault(key, 0);
    return value.equals(0) ? "no" : value.toString();
  }

  private static String duration(Map<String, Object> team, String key) {
    double seconds = team.get(key) instanceof Number millis ? millis.doubleValue() / 1000 : 0;
    return seconds < 120
        ? String.format(Locale.ROOT, "%.0fs", seconds)
        : String.format(Locale.ROOT, "%.0fm", seconds / 60);
  }
}
