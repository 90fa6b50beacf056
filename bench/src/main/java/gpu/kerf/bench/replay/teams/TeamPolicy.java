package gpu.kerf.bench.replay.teams;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Who of the waiting jobs goes first. All policies place the jobs in the same way. */
enum TeamPolicy {
  KERF("guarantees, shares, gangs and reclaim, as the service does"),
  FIFO("strictly in order of arrival"),
  FIRSTFIT("any job that fits, by priority and then in order of arrival"),
  STATIC("any job that fits within the guarantee of its team");

  private final String text;

  TeamPolicy(String text) {
    this.text = text;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  String text() {
    return text;
  }

  static @Nullable TeamPolicy of(String word) {
    return Arrays.stream(values())
        .filter(policy -> policy.word().equals(word))
        .findFirst()
        .orElse(null);
  }

  static String words() {
    return Arrays.stream(values()).map(TeamPolicy::word).collect(Collectors.joining(", "));
  }
}
