package gpu.kerf.model.team;

/**
 * A problem with one field of a team.
 *
 * @param team its name
 * @param field the field, such as {@code parent}
 * @param value what was written
 * @param what what is wrong with it, as the rest of a sentence
 * @param hint what to write instead
 */
public record TeamProblem(String team, String field, String value, String what, String hint) {

  @Override
  public String toString() {
    return "team %s: %s (%s) %s\n  %s".formatted(team, field, value, what, hint);
  }
}
