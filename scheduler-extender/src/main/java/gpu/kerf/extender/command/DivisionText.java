package gpu.kerf.extender.command;

import gpu.kerf.model.team.GpuAmount;
import gpu.kerf.model.team.Team;
import gpu.kerf.model.team.TeamTree;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** A division as a table. */
final class DivisionText {
  private static final String ROW = "%-32s %12s %12s %10s %9s %12s %12s%n";

  private DivisionText() {}

  static String of(DivisionInput input, Map<String, GpuAmount> shares) {
    TeamTree tree = input.tree();
    Map<String, Integer> depths = new HashMap<>();
    StringBuilder text =
        new StringBuilder(
            ROW.formatted("team", "guarantee", "limit", "weight", "priority", "asks", "share"));
    for (Team team : tree.inOrder()) {
      int depth = depths.getOrDefault(String.valueOf(team.parent()), -1) + 1;
      depths.put(team.name(), depth);
      boolean parent = !tree.children(team).isEmpty();
      text.append(
          ROW.formatted(
              "  ".repeat(depth) + team.name(),
              team.guarantee(),
              Objects.requireNonNullElse(team.limit(), "-"),
              team.weight(),
              team.priority(),
              parent ? "-" : input.asks().getOrDefault(team.name(), GpuAmount.NONE),
              shares.getOrDefault(team.name(), GpuAmount.NONE)));
    }
    long divided =
        tree.roots().stream()
            .mapToLong(team -> shares.getOrDefault(team.name(), GpuAmount.NONE).milli())
            .sum();
    return text.append(
            "%s of %s GPUs are divided.%n".formatted(new GpuAmount(divided), input.total()))
        .toString();
  }
}
