package gpu.kerf.extender.turn;

/** How teams are called in sentences. */
final class TeamNames {

  private TeamNames() {}

  static String text(String team) {
    return team.equals(Lines.NO_TEAM) ? "a pod without a team" : "team " + team;
  }
}
