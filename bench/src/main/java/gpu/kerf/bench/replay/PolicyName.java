package gpu.kerf.bench.replay;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The policies that replays compare, in the order in which tables list them. */
public enum PolicyName {
  KERF("what the service does"),
  BF_HAMI("best fit, with HAMi's order of starts"),
  MFI("least growth of the fragmentation that a profile sees (arXiv 2511.18906)"),
  FGD("least growth of expected fragmentation (USENIX ATC'23)"),
  BESTFIT("least room left"),
  FIRSTFIT("first node by name"),
  RANDOM("any that fits");

  private final String text;

  PolicyName(String text) {
    this.text = text;
  }

  /** The word on the command line. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  public String text() {
    return text;
  }

  /** The policy of that word, or null. */
  public static @Nullable PolicyName of(String word) {
    for (PolicyName policy : values()) {
      if (policy.word().equals(word)) {
        return policy;
      }
    }
    return null;
  }

  public static String words(List<PolicyName> policies) {
    return policies.stream().map(PolicyName::word).collect(Collectors.joining(", "));
  }
}
