package gpu.kerf.extender.measure;

import gpu.kerf.extender.controlplane.ClusterTest;
import gpu.kerf.extender.controlplane.ControlPlane;
import gpu.kerf.extender.controlplane.Inventory;
import gpu.kerf.extender.controlplane.KubeScheduler;
import gpu.kerf.extender.controlplane.Options;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/**
 * What teams cost on a real control plane, and how fast they get back what is theirs. Not run with
 * the tests: {@code -Dtest=TeamMeasurement}. Pods come with the gate that the webhook would add.
 */
@ClusterTest
final class TeamMeasurement {
  private static final String GATE = "\n  schedulingGates: [{name: kerf.gpu/turn}]";
  private static final int SMALL = Integer.getInteger("kerf.measure.small", 150);

  private static void tell(String format, Object... values) {
    System.out.println("MEASURED " + String.format(Locale.ROOT, format, values));
  }

  private static ControlPlane plane(boolean teams) throws Exception {
    ControlPlane plane =
        ControlPlane.start(
            Options.defaults()
                .apiServerFlag("--max-requests-inflight=2000")
                .apiServerFlag("--max-mutating-requests-inflight=1000"));
    plane.kwok();
    if (teams) {
      plane.apply(Files.readString(Path.of("..", "manifests", "base", "teams.yaml")));
      plane.kubectl("wait", "--for=condition=Established", "crd/teams.kerf.gpu", "--timeout=60s");
    }
    return plane;
  }

  private static void team(ControlPlane plane, String name, int guarantee) {
    plane.apply(
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: %1$s}
        ---
        apiVersion: kerf.gpu/v1alpha1
        kind: Team
        metadata: {name: %1$s}
        spec: {namespaces: {names: [%1$s]}, guarantee: "%2$d"}
        """
            .formatted(name, guarantee));
  }

  private static String pod(String name, String team, int gib, boolean gated) {
    String pod =
        ManyPods.pod(name, "kerf", gib, "").replace("namespace: default", "namespace: " + team);
    return gated ? pod.replace("\nspec:", "\nspec:" + GATE) : pod;
  }

  private static void pods(
      ControlPlane plane, String prefix, int count, String team, int gib, boolean gated) {
    List<String> manifests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      manifests.add(pod(prefix + i, team, gib, gated));
    }
    plane.create("/api/v1/namespaces/" + team + "/pods", manifests);
  }

  private static void await(BooleanSupplier done) throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(10);
    while (!done.getAsBoolean()) {
      if (System.nanoTime() - until > 0) {
        throw new AssertionError("It does not come to an end.");
      }
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }

  private static String percentiles(double[] millis) {
    Arrays.sort(millis);
    return String.format(
        Locale.ROOT,
        "p50 %.1f, p99 %.1f, most %.1f ms",
        millis[millis.length / 2],
        millis[Math.min(millis.length - 1, (int) (millis.length * 0.99))],
        millis[millis.length - 1]);
  }

  /**
   * A hundred nodes are full: of each pair of GPUs 20 GiB are free on each, so pieces of 30 GiB fit
   * nowhere and their sums do. Small pods come and go, with many such pieces waiting and without.
   */
  @Test
  void smallPodsBesideABacklog() throws Exception {
    for (String backlog : System.getProperty("kerf.measure.backlog", "none,gates").split(",", -1)) {
      try (ControlPlane plane = plane(true)) {
        ManyPods.pairsOfA100(plane, 100);
        team(plane, "large", 50);
        team(plane, "small", 50);
        try (ServingKerf kerf = new ServingKerf(plane);
            KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig()).start();
            PodWatch watch = new PodWatch(plane)) {
          pods(plane, "full", 200, "large", 20, true);
          await(() -> watch.bound() >= 200);
          if (!backlog.equals("none")) {
            pods(plane, "piece", 3_000, "large", 30, backlog.equals("gates"));
            await(() -> watch.created() >= 3_200);
            TimeUnit.SECONDS.sleep(15);
          }
          double calls = kerf.metric("kerf_verb_answers_total{verb=\"filter\"");
          double cpu = kerf.cpuMillis();
          long start = System.nanoTime();
          for (int i = 0; i < SMALL; i++) {
            TimeUnit.NANOSECONDS.sleep(start + i * 200_000_000L - System.nanoTime());
            pods(plane, "small" + i + "-", 1, "small", 5, true);
            if (i >= 20) {
              plane.delete("/api/v1/namespaces/small/pods/small" + (i - 20) + "-0");
            }
          }
          await(() -> watch.isBound("small" + (SMALL - 1) + "-0"));
          double[] millis = new double[SMALL];
          for (int i = 0; i < SMALL; i++) {
            millis[i] = watch.latency("small" + i + "-0");
          }
          double seconds = (System.nanoTime() - start) / 1e9;
          tell(
              "backlog %s: small pods %s; %.2f filter calls per pod; %.1f %% of a core; address %s",
              backlog,
              percentiles(millis),
              (kerf.metric("kerf_verb_answers_total{verb=\"filter\"") - calls) / SMALL,
              (kerf.cpuMillis() - cpu) / seconds / 10,
              scheduler.address().isEmpty() ? "none" : "there");
        }
      }
    }
  }

  /** Ten thousand pods of twenty teams wait on a thousand full nodes, and nothing happens. */
  @Test
  void aBacklogAtRest() throws Exception {
    for (int waiting : new int[] {0, 10_000}) {
      try (ControlPlane plane = plane(true)) {
        ManyPods.nodes(plane, 1_000);
        for (int i = 0; i < 20; i++) {
          team(plane, "team" + i, 1);
        }
        try (ServingKerf kerf = new ServingKerf(plane);
            KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig()).start();
            PodWatch watch = new PodWatch(plane)) {
          Random random = new Random(1);
          for (int i = 0; i < 20; i++) {
            List<String> manifests = new ArrayList<>();
            for (int j = 0; j < waiting / 20; j++) {
              // More than any GPU of the fleet has.
              manifests.add(pod("p" + j, "team" + i, 100 + random.nextInt(40), true));
            }
            plane.create("/api/v1/namespaces/team" + i + "/pods", manifests);
          }
          TimeUnit.SECONDS.sleep(
              Integer.getInteger("kerf.measure.settle", 240) * waiting / 10_000 + 10);
          double calls = kerf.metric("kerf_verb_answers_total{verb=\"filter\"");
          double cpu = kerf.cpuMillis();
          TimeUnit.SECONDS.sleep(30);
          tell(
              "%,d waiting at rest: %.2f filter calls/s, %.2f %% of a core, %d MiB resident, heard of %d, %s",
              waiting,
              (kerf.metric("kerf_verb_answers_total{verb=\"filter\"") - calls) / 30,
              (kerf.cpuMillis() - cpu) / 300,
              kerf.residentMiB(),
              watch.created(),
              scheduler.address().isEmpty() ? "" : "scheduler there");
        }
      }
    }
  }

  /** Three thousand pods with room: without teams, past the gates, and all through the gates. */
  @Test
  void whatAGateCosts() throws Exception {
    int warm = Integer.getInteger("kerf.measure.warm", 2_000);
    int pods = Integer.getInteger("kerf.measure.pods", 3_000);
    for (String how : System.getProperty("kerf.measure.gates", "off,past,gated").split(",", -1)) {
      try (ControlPlane plane = plane(true)) {
        ManyPods.nodes(plane, 1_000);
        plane.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: work}\n");
        if (!how.equals("off")) {
          team(plane, "work", 100);
        }
        try (ServingKerf kerf = new ServingKerf(plane);
            KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig()).start();
            PodWatch watch = new PodWatch(plane)) {
          pods(plane, "warm", warm, "work", 8, how.equals("gated"));
          await(() -> watch.bound() >= warm);
          double cpu = kerf.cpuMillis();
          long start = System.nanoTime();
          pods(plane, "p", pods, "work", 8, how.equals("gated"));
          await(() -> watch.bound() >= warm + pods);
          double seconds = (System.nanoTime() - start) / 1e9;
          tell(
              "teams %s: %.0f pods/s with creation, %.2f ms of Kerf's CPU a pod, %s",
              how,
              pods / seconds,
              (kerf.cpuMillis() - cpu) / pods,
              scheduler.address().isEmpty() ? "" : "scheduler there");
        }
      }
    }
  }

  /** A team below its guarantee asks while another holds all; victims have no grace period. */
  @Test
  void reclaim() throws Exception {
    int rounds = Integer.getInteger("kerf.measure.reclaims", 50);
    try (ControlPlane plane = plane(true)) {
      plane.create(
          "/api/v1/nodes",
          List.of(Inventory.of("a").plain("H100-80GB", 81_559, 8).manifest().replace("---\n", "")));
      for (int i = 1; i < 13; i++) {
        plane.create(
            "/api/v1/nodes",
            List.of(
                Inventory.of("n" + i)
                    .plain("H100-80GB", 81_559, 8)
                    .manifest()
                    .replace("---\n", "")));
      }
      team(plane, "owner", rounds);
      team(plane, "borrower", 10);
      try (ServingKerf kerf = new ServingKerf(plane);
          KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig()).start();
          PodWatch watch = new PodWatch(plane)) {
        pods(plane, "b", 104, "borrower", 60, true);
        await(() -> watch.bound() >= 104);
        double[] toEnd = new double[rounds];
        double[] toBound = new double[rounds];
        for (int i = 0; i < rounds; i++) {
          var before = watch.gone();
          pods(plane, "o" + i + "-", 1, "owner", 60, true);
          String name = "o" + i + "-0";
          await(() -> watch.isBound(name));
          var victims = watch.gone();
          victims.removeAll(before);
          toBound[i] = watch.latency(name);
          toEnd[i] = watch.afterGoing(victims.iterator().next(), name);
          if (victims.size() != 1) {
            throw new AssertionError("Victims for " + name + ": " + victims);
          }
        }
        tell(
            "reclaim: from creation to bound %s; from the victim's end to bound %s; %s",
            percentiles(toBound),
            percentiles(toEnd),
            scheduler.address().isEmpty() ? "" : "scheduler there");
      }
    }
  }

  /** A gang of 64 against 64 single pods, and a gang of which one member fits nowhere. */
  @Test
  void gangs() throws Exception {
    int members = Integer.getInteger("kerf.measure.members", 64);
    try (ControlPlane plane = plane(true)) {
      ManyPods.nodes(plane, 1_000);
      team(plane, "work", 100);
      try (ServingKerf kerf = new ServingKerf(plane);
          KubeScheduler scheduler = plane.scheduler(kerf.schedulerConfig()).start();
          PodWatch watch = new PodWatch(plane)) {
        pods(plane, "warm", 2_000, "work", 8, true);
        await(() -> watch.bound() >= 2_000);
        for (int round = 0; round < 3; round++) {
          long start = System.nanoTime();
          int bound = watch.bound();
          pods(plane, "single" + round + "-", members, "work", 60, true);
          await(() -> watch.bound() >= bound + members);
          double single = (System.nanoTime() - start) / 1e6;
          start = System.nanoTime();
          gang(plane, "gang" + round, members, false);
          await(() -> watch.bound() >= bound + 2 * members);
          double gang = (System.nanoTime() - start) / 1e6;
          tell(
              "%d single pods %.0f ms, a gang of them %.0f ms: %.2f",
              members, single, gang, gang / single);
        }
        int bound = watch.bound();
        double calls = kerf.metric("kerf_verb_answers_total{verb=\"filter\"");
        gang(plane, "torn", members, true);
        TimeUnit.SECONDS.sleep(60);
        tell(
            "a gang of %d with one member that fits nowhere, 60 s: %d bound, %.2f filter calls a member, %s",
            members,
            watch.bound() - bound,
            (kerf.metric("kerf_verb_answers_total{verb=\"filter\"") - calls) / members,
            scheduler.address().isEmpty() ? "" : "scheduler there");
      }
    }
  }

  private static void gang(ControlPlane plane, String name, int members, boolean torn) {
    List<String> manifests = new ArrayList<>();
    for (int i = 0; i < members; i++) {
      String labels =
          "labels: {app: llm, kerf.gpu/gang: %s, kerf.gpu/gang-size: \"%d\"}"
              .formatted(name, members);
      String pod = pod(name + "-" + i, "work", 60, true).replace("labels: {app: llm}", labels);
      manifests.add(torn && i == 0 ? pod.replace("cpu: \"1\"", "cpu: \"1000\"") : pod);
    }
    plane.create("/api/v1/namespaces/work/pods", manifests);
  }
}
