package gpu.kerf.extender.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Which package may use which. All arrows point one way: a package uses only packages that stand
 * before it in {@link #ORDER}. {@link #RULES} say what is forbidden beyond that, and why.
 *
 * <p>An import, or a full name in the code, counts as use.
 */
class PackageRulesTest {

  /** Every package of main code, without {@code gpu.kerf}; each uses only packages before it. */
  private static final List<String> ORDER =
      List.of(
          "model.hardware",
          "model.demand",
          "model.price",
          "model.placement",
          "model.fleet",
          "model.line",
          "model.eviction",
          "model.analysis",
          "model.usage",
          "model.budget",
          "model.cost",
          "model.idle",
          "model.team",
          "extender.time",
          "extender.client",
          "extender.audit",
          "extender.wire",
          "extender.gang",
          "extender.dialect",
          "extender.team",
          "extender.settings",
          "extender.schedulerconfig",
          "extender.telemetry",
          "extender.certificate",
          "extender.deviceplugin",
          "extender.kueue",
          "extender.cluster",
          "extender.cluster.embedded",
          "extender.cluster.kubernetes.inventory",
          "extender.cluster.kubernetes.calling",
          "extender.cluster.kubernetes.installation",
          "extender.cluster.kubernetes.watching",
          "extender.cluster.kubernetes.objects",
          "extender.cluster.kubernetes.writing",
          "extender.cluster.kubernetes.reconciling",
          "extender.cluster.kubernetes",
          "extender.state",
          "extender.usage",
          "extender.preemption",
          "extender.gang.start",
          "extender.turn",
          "extender.idle",
          "extender.delivery",
          "extender.verb",
          "extender.explain",
          "extender.kueue.check",
          "extender.admission",
          "extender.access",
          "extender.stream",
          "extender.api",
          "extender.cost",
          "extender.http",
          "extender.service",
          "extender.demo",
          "extender.command",
          "extender",
          "bench.replay.input",
          "bench.replay",
          "bench.replay.mig",
          "bench.replay.openb",
          "bench.replay.teams",
          "bench.load",
          "bench.simulate",
          "bench.jmh",
          "bench");

  /**
   * One thing that must not be, though the order would allow it.
   *
   * @param from the packages that the rule binds: this one and those below it
   * @param to what they must not use: this package and those below it
   */
  private record Rule(String from, String to, String because) {}

  private static final List<Rule> RULES =
      List.of(
          new Rule(
              "extender.audit",
              "",
              "An auditor that shares code with the ledger shares its faults."),
          new Rule(
              "extender.state",
              "extender.cluster.kubernetes",
              "The ledger hears of a cluster only through the port, so a simulated one serves it."),
          new Rule(
              "extender.state",
              "extender.cluster.embedded",
              "The ledger hears of a cluster only through the port, so a real one serves it."),
          new Rule(
              "extender.verb",
              "extender.cluster.kubernetes",
              "A verb acts on a cluster only through the port; tests run it without an API"
                  + " server."),
          new Rule(
              "extender.preemption",
              "extender.cluster.kubernetes",
              "An eviction goes through the port; the simulator and the demo evict as well."),
          new Rule(
              "extender.gang",
              "extender.cluster.kubernetes",
              "A gang starts and is evicted through the port; the simulator starts gangs as well."),
          new Rule(
              "extender.kueue",
              "extender.cluster.kubernetes",
              "Kueue is answered from what is known; a test needs no API server."),
          new Rule(
              "extender.delivery",
              "extender.cluster.kubernetes",
              "A delivery writes through the port, so a simulated cluster delivers as well."),
          new Rule(
              "extender.explain",
              "extender",
              "What is explained is what the model decides, and nothing beside it."),
          new Rule(
              "extender.admission",
              "extender.cluster",
              "A review is answered from what is known; it never waits for the API server."),
          new Rule(
              "extender.http",
              "extender.cluster",
              "A route parses, calls and encodes; what happens to the cluster is the verb's."),
          new Rule(
              "extender.cluster",
              "extender.settings",
              "A cluster is told its options as values, so that a test needs no settings file."));

  private static final Pattern PACKAGE = Pattern.compile("^package ([\\w.]+);", Pattern.MULTILINE);
  private static final Pattern NAME = Pattern.compile("\\bgpu\\.kerf((?:\\.[a-z]\\w*)+)\\.[A-Z]");
  private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/|//[^\n]*", Pattern.DOTALL);

  @Test
  void everyArrowPointsOneWay() throws IOException {
    List<String> wrong = new ArrayList<>();
    uses()
        .forEach(
            (from, targets) ->
                targets.forEach(
                    (to, files) -> {
                      if (ORDER.indexOf(to) >= ORDER.indexOf(from)) {
                        wrong.add(files + " of " + from + " must not use " + to);
                      }
                    }));
    assertThat(wrong).isEmpty();
  }

  @Test
  void noRuleIsBroken() throws IOException {
    List<String> wrong = new ArrayList<>();
    Map<String, Map<String, Set<String>>> uses = uses();
    for (Rule rule : RULES) {
      assertThat(uses.keySet()).as(rule.toString()).anyMatch(name -> isIn(name, rule.from));
      uses.forEach(
          (from, targets) ->
              targets.forEach(
                  (to, files) -> {
                    if (isIn(from, rule.from) && isIn(to, rule.to)) {
                      wrong.add(files + " of " + from + " use " + to + ": " + rule.because);
                    }
                  }));
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void theOrderNamesEveryPackageOnce() throws IOException {
    assertThat(ORDER).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(uses().keySet());
  }

  private static boolean isIn(String name, String room) {
    return room.isEmpty() || name.equals(room) || name.startsWith(room + ".");
  }

  /** By package, the packages that it uses, and the files that do. */
  private static Map<String, Map<String, Set<String>>> uses() throws IOException {
    Map<String, Map<String, Set<String>>> uses = new TreeMap<>();
    for (Path file : Markdown.files(Markdown.root(), Set.of("java"))) {
      if (!file.toString().contains("/src/main/")) {
        continue;
      }
      String text = COMMENT.matcher(Files.readString(file)).replaceAll("");
      Matcher own = PACKAGE.matcher(text);
      assertThat(own.find()).as(file.toString()).isTrue();
      String from = own.group(1).substring("gpu.kerf.".length());
      Map<String, Set<String>> targets = uses.computeIfAbsent(from, unused -> new HashMap<>());
      Matcher names = NAME.matcher(text);
      while (names.find()) {
        String to = names.group(1).substring(1);
        if (!to.equals(from)) {
          targets
              .computeIfAbsent(to, unused -> new TreeSet<>())
              .add(String.valueOf(file.getFileName()));
        }
      }
    }
    return uses;
  }
}
