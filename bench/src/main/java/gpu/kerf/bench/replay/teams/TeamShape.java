package gpu.kerf.bench.replay.teams;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The kinds of clusters for which {@code make-teams} makes teams and jobs. */
enum TeamShape {
  /** A team that works by day, one that works always, one that works at night. */
  BANK(
      """
      nodes:
      - {name: h100, count: 3, gpus: [{model: H100-80GB, count: 8}]}
      - {name: a100, count: 2, gpus: [{model: A100-80GB, count: 8}]}
      """,
      """
      bank      -        30  -   1  0
      fraud     bank     14  -   1  100
      research  bank     10  -   2  0
      analytics bank      6  16  1  0    nights
      """,
      40,
      List.of(
          new Line("fraud", 0.35, Rhythm.DAY, Jobs.SMALL),
          new Line("research", 0.40, Rhythm.STEADY, Jobs.LARGE),
          new Line("analytics", 0.25, Rhythm.NIGHT, Jobs.MIXED))),

  /** Two departments with groups that all want more than they have. */
  RESEARCH(
      """
      nodes:
      - {name: h100, count: 8, gpus: [{model: H100-80GB, count: 8}]}
      """,
      """
      physics   -        20  -   1  0
      optics    physics  8   -   1  0
      plasma    physics  6   -   2  0
      biology   -        20  -   1  0
      proteins  biology  10  40  2  0
      cells     biology  6   -   1  0
      vision    -        6   -   1  0
      students  -        0   16  0.5  0
      """,
      64,
      List.of(
          new Line("optics", 0.17, Rhythm.DAY, Jobs.MIXED),
          new Line("plasma", 0.20, Rhythm.STEADY, Jobs.LARGE),
          new Line("proteins", 0.23, Rhythm.STEADY, Jobs.LARGE),
          new Line("cells", 0.14, Rhythm.DAY, Jobs.MIXED),
          new Line("vision", 0.18, Rhythm.STEADY, Jobs.MIXED),
          new Line("students", 0.08, Rhythm.DAY, Jobs.SMALL))),

  /** Teams that ask for nothing for hours and then for much. */
  BURSTY(
      """
      nodes:
      - {name: h100, count: 6, gpus: [{model: H100-80GB, count: 8}]}
      """,
      """
      alpha     -        8   -   1  0
      beta      -        8   -   1  0
      gamma     -        6   -   2  0
      delta     -        4   -   1  0
      epsilon   -        0   -   1  0
      """,
      48,
      List.of(
          new Line("alpha", 0.25, Rhythm.BURSTS, Jobs.MIXED),
          new Line("beta", 0.20, Rhythm.BURSTS, Jobs.SMALL),
          new Line("gamma", 0.25, Rhythm.BURSTS, Jobs.LARGE),
          new Line("delta", 0.15, Rhythm.BURSTS, Jobs.MIXED),
          new Line("epsilon", 0.15, Rhythm.STEADY, Jobs.MIXED)));

  /** When the jobs of a team come. */
  enum Rhythm {
    STEADY,
    DAY,
    NIGHT,
    BURSTS
  }

  /** How large the jobs of a team are. */
  enum Jobs {
    SMALL,
    MIXED,
    LARGE
  }

  /**
   * The jobs of one team.
   *
   * @param part of all GPU time that is asked for
   */
  record Line(String team, double part, Rhythm rhythm, Jobs jobs) {

    /** Whether some of its jobs are not evictable: a team without guarantee could not run them. */
    boolean fixed() {
      return jobs == Jobs.SMALL && !team.equals("students");
    }
  }

  private final String fleet;
  private final String teams;
  private final int gpus;

  @SuppressWarnings("ImmutableEnumChecker") // It is copied, and never changed.
  private final List<Line> lines;

  TeamShape(String fleet, String teams, int gpus, List<Line> lines) {
    this.fleet = fleet;
    this.teams = teams;
    this.gpus = gpus;
    this.lines = lines;
  }

  String fleet() {
    return fleet;
  }

  int gpus() {
    return gpus;
  }

  List<Line> lines() {
    return lines;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static @Nullable TeamShape of(String word) {
    return Arrays.stream(values())
        .filter(shape -> shape.word().equals(word))
        .findFirst()
        .orElse(null);
  }

  static String words() {
    return Arrays.stream(values()).map(TeamShape::word).collect(Collectors.joining(", "));
  }

  /**
   * The Team manifests, from one line for each: name, parent, guarantee, limit, weight, priority.
   */
  String teams() {
    return teams
        .lines()
        .map(line -> manifest(line.strip().split("\\s+")))
        .collect(Collectors.joining("---\n"));
  }

  private String manifest(String[] field) {
    boolean isParent =
        teams.lines().anyMatch(line -> line.strip().split("\\s+", -1)[1].equals(field[0]));
    StringBuilder text = new StringBuilder();
    text.append("apiVersion: kerf.gpu/v1alpha1\nkind: Team\n");
    text.append("metadata: {name: %s}%nspec:%n".formatted(field[0]));
    add(text, "parent", field[1], "");
    text.append(isParent ? "" : "  namespaces: {names: [%s]}%n".formatted(field[0]));
    add(text, "guarantee", field[2], "\"");
    add(text, "limit", field[3], "\"");
    add(text, "weight", field[4], "");
    add(text, "priority", field[5], "");
    if (field.length > 6) {
      text.append(
          """
            windows:
            - {name: nights, schedule: "0 20 * * *", timeZone: UTC, duration: 10h, limit: "40"}
          """);
    }
    return text.toString();
  }

  private static void add(StringBuilder text, String name, String value, String quote) {
    if (!value.equals("-")) {
      text.append("  %s: %s%s%s%n".formatted(name, quote, value, quote));
    }
  }
}
