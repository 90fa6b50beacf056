package gpu.kerf.extender.team;

import gpu.kerf.model.team.TeamProblem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What is wrong with the files of one call, gathered so that the user sees it at once. */
public final class InputProblems {
  private final List<Problem> found = new ArrayList<>();

  /**
   * One problem.
   *
   * @param path the place of the field, such as {@code teams[0].weight}
   * @param value what was written; empty if the field is missing
   * @param what the rest of a sentence that begins with the field
   */
  public record Problem(String file, String path, String value, String what, String hint) {

    @Override
    public String toString() {
      String subject = value.isEmpty() ? path : path + " (" + value + ")";
      return "%s: %s %s\n  %s".formatted(file, subject, what, hint);
    }
  }

  public void add(Problem problem) {
    found.add(problem);
  }

  public void add(String file, TeamProblem problem) {
    String path = "team " + problem.team() + ": " + problem.field();
    add(new Problem(file, path, problem.value(), problem.what(), problem.hint()));
  }

  /** A value that a type of the model refuses: its message is the problem and a line of hint. */
  public void add(String file, String path, String value, IllegalArgumentException refused) {
    String[] lines = Objects.requireNonNullElse(refused.getMessage(), "").split("\n", 2);
    add(new Problem(file, path, value, lines[0], lines[lines.length - 1]));
  }

  public List<Problem> found() {
    return List.copyOf(found);
  }

  public void throwIfAny() throws IOException {
    if (!found.isEmpty()) {
      throw new IOException(
          String.join("\nkerf: ", found.stream().map(Problem::toString).toList()));
    }
  }
}
