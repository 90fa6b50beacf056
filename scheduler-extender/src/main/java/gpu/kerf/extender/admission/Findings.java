package gpu.kerf.extender.admission;

import gpu.kerf.extender.admission.Problem.Kind;
import java.util.ArrayList;
import java.util.List;

/** What has been found about a pod so far: reasons to refuse it, and warnings. */
final class Findings {

  private final List<Problem> problems = new ArrayList<>(0);
  private final List<String> warnings = new ArrayList<>(0);

  void refuse(Kind kind, String what, String hint) {
    Problem problem = new Problem(kind, what, hint);
    if (!problems.contains(problem)) {
      problems.add(problem);
    }
  }

  /** One that stands in two lines: what is wrong, and what to do about it. */
  void refuse(Kind kind, String text) {
    int line = text.indexOf('\n');
    refuse(
        kind, line < 0 ? text : text.substring(0, line), line < 0 ? "" : text.substring(line + 1));
  }

  void warn(String text) {
    if (!warnings.contains(text)) {
      warnings.add(text);
    }
  }

  List<Problem> problems() {
    return problems;
  }

  List<String> warnings() {
    return warnings;
  }
}
