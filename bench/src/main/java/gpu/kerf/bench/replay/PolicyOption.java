package gpu.kerf.bench.replay;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which policies a replay runs: the one that is named, or all of them side by side. */
public final class PolicyOption {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Option(
      names = "--policy",
      paramLabel = "NAME",
      description = {
        "Run this policy alone. Default: all policies run side by side; --json then prints"
            + " kerf's results, and those of the others under \"comparison\"."
      })
  private @Nullable String policy;

  /** Whether one policy is named. */
  public boolean isNamed() {
    return policy != null;
  }

  /** The policies to run, of those that apply to the replay. */
  public List<PolicyName> among(List<PolicyName> applicable) {
    if (policy == null) {
      return applicable;
    }
    PolicyName named = PolicyName.of(policy);
    if (named == null || !applicable.contains(named)) {
      throw new ParameterException(
          command.commandLine(),
          "The policy (%s) %s.%nThe policies of kerf %s are: %s."
              .formatted(
                  policy,
                  named == null ? "is not known" : "does not apply here",
                  command.qualifiedName().replaceFirst("^kerf ", ""),
                  PolicyName.words(applicable)));
    }
    return List.of(named);
  }
}
