package gpu.kerf.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line of the replays, as scripts rely on it. */
final class ReplayCommandTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void openbAnswersCurvesByWholePercent() {
    JsonNode result = openb("--policy", "fgd", "--upto", "1.10").json();

    assertThat(result.get("policy").asText()).isEqualTo("fgd");
    for (String curve : List.of("allocatedPercent", "strandedPercent", "fragmentsPercent")) {
      assertThat(result.get(curve).isObject()).as(curve).isTrue();
      assertThat(result.get(curve).get("100").isNumber()).as(curve).isTrue();
      assertThat(result.get(curve).size()).as(curve).isEqualTo(110);
    }
    double allocated = result.get("allocatedPercent").get("50").asDouble();
    assertThat(allocated).isBetween(45.0, 51.0).isEqualTo(Math.rint(allocated * 100) / 100);
    assertThat(result.get("decisionMicros").isNumber()).isTrue();
    assertThat(result.get("decisionMicros").asDouble()).isPositive();
    assertThat(result.get("learningMicros").isNumber()).isTrue();
    assertThat(result.get("nodeCount").asInt()).isEqualTo(20);
    assertThat(result.get("arrivalCount").asInt()).isGreaterThan(result.get("placedCount").asInt());
    assertThat(result.has("comparison")).isFalse();
  }

  @Test
  void openbIsAboutKerfAndComparesWithTheOthers() {
    JsonNode result = openb().json();

    assertThat(result.get("policy").asText()).isEqualTo("kerf");
    assertThat(result.get("comparison").fieldNames())
        .toIterable()
        .containsExactly("fgd", "bestfit", "firstfit", "random");
    assertThat(result.get("comparison").get("fgd").get("allocatedPercent").get("100"))
        .isEqualTo(openb("--policy", "fgd").json().get("allocatedPercent").get("100"));
  }

  @Test
  void openbPrintsOneRowPerPolicyAndItsProgressElsewhere() {
    KerfRun run = openb("--upto", "0.6");

    assertThat(run.out().lines().filter(line -> line.matches("(kerf|fgd|random) .*"))).hasSize(3);
    assertThat(run.out()).contains("20 nodes").doesNotContain("playing");
    assertThat(run.err()).contains("playing");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "100", "NaN", "much"})
  void openbRefusesAnUnlikelyEnd(String upto) {
    KerfRun run = openb("--upto", upto);

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("--upto").contains(upto.equals("much") ? "much" : "Write 1.00");
  }

  @Test
  void aPolicyThatDoesNotApplyIsWrongUsageThatNamesThoseThatDo() {
    KerfRun run = openb("--policy", "mfi");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .contains("The policy (mfi) does not apply here.")
        .contains("kerf replay openb are: kerf, fgd, bestfit, firstfit, random.");
  }

  @Test
  void anUnknownPolicyIsWrongUsage() {
    KerfRun run = KerfRun.of("replay", "mig-churn", "--policy", "magic");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .contains("The policy (magic) is not known.")
        .contains("kerf, bf-hami, mfi, fgd, bestfit, firstfit, random.");
  }

  @Test
  void aWrongFileIsOneMessageAndExitOne() throws IOException {
    Path pods = Files.writeString(folder.resolve("p.csv"), "name,cpu_milli\np,1\n");
    make();
    KerfRun run =
        KerfRun.of(
            "replay",
            "openb",
            "--json",
            "--nodes",
            made("nodes.csv"),
            "--pods",
            pods,
            "--order",
            made("order.txt"));

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .startsWith("kerf: " + pods + ", line 1: there is no column memory_mib")
        .doesNotContain("\tat ");
  }

  @Test
  void madeTracesAreNotWrittenOverOthers() {
    make();
    KerfRun again = KerfRun.of("replay", "make-openb", "--out", folder.resolve("trace"));

    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err()).contains("nodes.csv: is there already.");
  }

  @Test
  void anUnknownShapeIsWrongUsage() {
    KerfRun run = KerfRun.of("replay", "make-openb", "--shape", "round", "--out", folder);

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("default, cpu-heavy, share-only, multi-gpu, typed");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void churnAnswersPercents() {
    JsonNode result =
        KerfRun.of(
                "replay",
                "mig-churn",
                "--gpus",
                12,
                "--mix",
                "skew-big",
                "--runs",
                3,
                "--seed",
                9,
                "--policy",
                "mfi",
                "--json")
            .json();

    for (String key :
        List.of(
            "memoryUtilPercent",
            "acceptancePercent",
            "oracleMemoryUtilPercent",
            "oracleAcceptancePercent")) {
      assertThat(result.get(key).isNumber()).as(key).isTrue();
      assertThat(result.get(key).asDouble()).as(key).isBetween(50.0, 100.0);
    }
    assertThat(result.get("movedPercent").asDouble()).isZero();
    assertThat(result.get("mix").asText()).isEqualTo("skew-big");
    assertThat(result.has("mixes")).isFalse();
    assertThat(result.has("comparison")).isFalse();
  }

  @Test
  void churnOfAllMixesAnswersTheirMeanAndEach() {
    JsonNode result =
        KerfRun.of("replay", "mig-churn", "--gpus", 8, "--mix", "all", "--runs", 1, "--json")
            .json();

    assertThat(result.get("policy").asText()).isEqualTo("kerf");
    assertThat(result.get("mixes").size()).isEqualTo(6);
    double sum = 0;
    for (JsonNode mix : result.get("mixes")) {
      sum += mix.get("memoryUtilPercent").asDouble();
    }
    assertThat(result.get("memoryUtilPercent").asDouble()).isCloseTo(sum / 6, within(0.01));
    assertThat(result.get("comparison").fieldNames())
        .toIterable()
        .containsExactly("bf-hami", "mfi", "fgd", "bestfit", "firstfit", "random");
  }

  @Test
  void churnRunsAreSeedAfterSeed() {
    double both = churn(2, 1000);

    // Seed 1000 and then 1001.
    assertThat(both).isCloseTo((churn(1, 1000) + churn(1, 1001)) / 2, within(0.011));
    assertThat(churn(1, 1000)).isNotEqualTo(churn(1, 1001));
  }

  private static double churn(int runs, int seed) {
    return KerfRun.of(
            "replay",
            "mig-churn",
            "--gpus",
            9,
            "--mix",
            "uniform",
            "--runs",
            runs,
            "--seed",
            seed,
            "--policy",
            "firstfit",
            "--json")
        .json()
        .get("memoryUtilPercent")
        .asDouble();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--gpus=0", "--gpus=-8", "--runs=0", "--mix=small"})
  void churnRefusesWhatMakesNoSense(String option) {
    KerfRun run = KerfRun.of("replay", "mig-churn", option);

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("The " + option.substring(0, option.indexOf('=')));
  }

  @Test
  void madeJobsRunAndAnswerTimes() throws IOException {
    KerfRun made = KerfRun.of("replay", "make-jobs", "--seed", 3, "--jobs", 60, "--gpus", 2);
    Path jobs = Files.writeString(folder.resolve("jobs.jsonl"), made.out());
    JsonNode result = KerfRun.of("replay", "jobs", "--jobs", jobs, "--gpus", 2, "--json").json();

    assertThat(result.get("jobCount").asInt()).isEqualTo(60);
    assertThat(result.get("offeredLoad").asDouble()).isEqualTo(1.4);
    for (String key :
        List.of("gpcUtilPercent", "memUtilPercent", "meanWaitMs", "p95WaitMs", "p99WaitMs")) {
      String oracle = "oracle" + Character.toUpperCase(key.charAt(0)) + key.substring(1);
      assertThat(result.get(key).isNumber()).as(key).isTrue();
      assertThat(result.get(oracle).isNumber()).as(oracle).isTrue();
    }
    assertThat(result.get("gpcUtilPercent").asDouble()).isBetween(50.0, 100.0);
    assertThat(result.get("comparison").size()).isEqualTo(6);
    assertThat(KerfRun.of("replay", "jobs", "--jobs", jobs, "--gpus", 2).out())
        .contains("60 jobs on 2 H100-80GB, offered load 1.40")
        .contains("oracle");
  }

  @Test
  void theSameSeedMakesTheSameJobs() {
    String one = KerfRun.of("replay", "make-jobs", "--seed", 3, "--jobs", 9).out();

    assertThat(KerfRun.of("replay", "make-jobs", "--seed", 3, "--jobs", 9).out()).isEqualTo(one);
    assertThat(KerfRun.of("replay", "make-jobs", "--seed", 4, "--jobs", 9).out()).isNotEqualTo(one);
  }

  @Test
  void jobsRefuseAWrongFileBeforeAnythingRuns() throws IOException {
    Path jobs = Files.writeString(folder.resolve("jobs.jsonl"), "{\"jobID\":\"a\"}\n");
    KerfRun run = KerfRun.of("replay", "jobs", "--jobs", jobs);

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .startsWith("kerf: " + jobs + ", line 1, key memoryMB: the value is missing.");
  }

  @Test
  void noReplayIsWrongUsage() {
    KerfRun run = KerfRun.of("replay");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("No replay given.").contains("mig-churn");
  }

  private void make() {
    KerfRun made =
        KerfRun.of(
            "replay", "make-openb", "--nodes", 20, "--seed", 2, "--out", folder.resolve("trace"));
    assertThat(made.code()).isZero();
    assertThat(made.out()).contains("20 nodes");
  }

  private Path made(String file) {
    return folder.resolve("trace").resolve(file);
  }

  private KerfRun openb(String... options) {
    if (!Files.exists(made("nodes.csv"))) {
      make();
    }
    List<Object> words = new ArrayList<>();
    words.addAll(List.of("replay", "openb", "--nodes", made("nodes.csv")));
    words.addAll(List.of("--pods", made("pods.csv"), "--order", made("order.txt")));
    words.addAll(List.of(options));
    if (List.of(options).contains("--policy") || options.length == 0) {
      words.add("--json");
    }
    return KerfRun.of(words.toArray());
  }
}
