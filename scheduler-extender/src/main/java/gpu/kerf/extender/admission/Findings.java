package gpu.kerf.extender.admission;

import gpu.kerf.extender.admission.PodProblem.Kind;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a review has found about a pod so far: reasons to refuse it, and warnings. Both lists are
 * bounded: a few reasons are enough to refuse a pod that was made to have very many.
 */
final class Findings {

  static final int MOST_PROBLEMS = 50;
  static final int MOST_WARNINGS = 20;

  private static final PodProblem MORE =
      new PodProblem(Kind.NONSENSE, "The pod has more problems.", "Mend these first.");

  private final Set<PodProblem> problems = new LinkedHashSet<>(0);
  private final Set<String> warnings = new LinkedHashSet<>(0);

  void refuse(Kind kind, String what, String hint) {
    if (problems.size() < MOST_PROBLEMS) {
      problems.add(new PodProblem(kind, what, hint));
    } else {
      problems.add(MORE);
    }
  }

  /** One that stands in two lines: what is wrong, and what to do about it. */
  void refuse(Kind kind, String text) {
    int line = text.indexOf('\n');
    refuse(
        kind, line < 0 ? text : text.substring(0, line), line < 0 ? "" : text.substring(line + 1));
  }

  void warn(String text) {
    if (warnings.size() < MOST_WARNINGS) {
      warnings.add(text);
    }
  }

  List<PodProblem> problems() {
    return List.copyOf(problems);
  }

  List<String> warnings() {
    return List.copyOf(warnings);
  }
}
