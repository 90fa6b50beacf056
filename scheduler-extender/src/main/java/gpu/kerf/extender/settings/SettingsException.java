package gpu.kerf.extender.settings;

import java.util.List;
import java.util.stream.Collectors;

/** The settings make no sense; everything that is wrong with them at once. */
public final class SettingsException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient List<SettingProblem> problems;

  public SettingsException(List<SettingProblem> problems) {
    super(problems.stream().map(SettingProblem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  public List<SettingProblem> problems() {
    return problems;
  }
}
