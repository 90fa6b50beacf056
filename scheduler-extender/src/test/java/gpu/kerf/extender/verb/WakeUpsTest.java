package gpu.kerf.extender.verb;

import static gpu.kerf.extender.verb.World.pod;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.Disruptions;
import gpu.kerf.extender.preemption.Preemptions;
import gpu.kerf.extender.state.Policy;
import gpu.kerf.extender.wire.FilterAnswer;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.eviction.Budgets;
import gpu.kerf.model.eviction.Candidate;
import gpu.kerf.model.hardware.GpuMode;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Nodes of one A100-40GB, each with a pod of 30 GiB on it. */
class WakeUpsTest {
  private static final long SECOND = 1_000;

  private final World world = new World();
  private final OneBudget budget = new OneBudget();
  private final Preemptions preemptions =
      new Preemptions(world.scheduling, world.cluster, budget, world.gangs);
  private final WakeUps wakeUps = new WakeUps(world.scheduling, world.cluster, preemptions);
  private final FilterVerb filter =
      new FilterVerb(world.scheduling, world.cluster, preemptions, wakeUps);

  /** Covers every pod. */
  private static final class OneBudget implements Disruptions {
    private int allowed;
    private long loosened;

    void allow(int pods) {
      allowed = pods;
      loosened++;
    }

    @Override
    public Candidate covered(Candidate candidate) {
      return candidate.coveredBy("ml/all");
    }

    @Override
    public Budgets budgets() {
      return Budgets.respect(Map.of("ml/all", allowed));
    }

    @Override
    public long loosened() {
      return loosened;
    }
  }

  @BeforeEach
  void fillTwoNodes() {
    world.scheduling.use(new Policy(Policy.Answer.WINNERS, 10 * SECOND, Policy.Preemption.KERF));
    for (String node : new String[] {"a", "b"}) {
      world.node(node, 1, "A100-40GB", GpuMode.PLAIN);
      assertThat(world.place(asking("on-" + node, "30Gi", 1), node).isBound()).isTrue();
    }
  }

  private static PodView asking(String uid, String memory, int priority) {
    return pod(uid).priority(priority).container("main", Map.of("kerf.gpu/memory", memory)).build();
  }

  private FilterAnswer ask(PodView pod, String... nodes) {
    FilterAnswer answer = filter.filter(world.call(pod, nodes));
    world.turn();
    return answer;
  }

  private void passes(int seconds) {
    for (int half = 0; half < 2 * seconds; half++) {
      world.millis += SECOND / 2;
      preemptions.look();
      wakeUps.look();
      world.turn();
    }
  }

  @Test
  void aPodThatWasAskedForBeforeKerfHeardWhoHadGoneIsAskedForAgain() {
    ask(asking("early", "30Gi", 0));
    passes(60);
    assertThat(world.cluster.nudged).as("there is no room").isEmpty();
    world.scheduling.podEnded("on-a");
    passes(1);
    assertThat(world.cluster.nudged).as("kube-scheduler may ask by itself").isEmpty();
    passes(3);
    assertThat(world.cluster.nudged).containsExactly("early");
  }

  @Test
  void aPodThatIsAskedForInTimeIsLeftAlone() {
    PodView pod = asking("p", "30Gi", 0);
    ask(pod);
    world.scheduling.podEnded("on-a");
    passes(1);
    assertThat(world.chosen(ask(pod))).containsExactly("a");
    passes(120);
    assertThat(world.cluster.nudged).isEmpty();
  }

  @Test
  void whoWasRefusedAMomentBeforeAnEndIsCalledAtOnceAndNoOther() {
    ask(asking("long ago", "30Gi", 9));
    world.millis += SECOND;
    ask(asking("meek", "30Gi", 0));
    ask(asking("only on b", "30Gi", 8), "b");
    ask(asking("too large", "50Gi", 7));
    ask(asking("urgent", "30Gi", 1));
    world.millis += SECOND / 4;
    world.scheduling.podEnded("on-a");
    wakeUps.roomOn("a");
    assertThat(world.cluster.nudged).as("one has room").containsExactly("urgent");
  }

  @Test
  void anEndThatLeavesNoRoomCallsNone() {
    ask(asking("p", "30Gi", 0));
    wakeUps.roomOn("a");
    wakeUps.roomOn("unknown");
    assertThat(world.cluster.nudged).isEmpty();
  }

  @Test
  void roomOnANodeThatAPodMayNotGoToIsNone() {
    ask(asking("only-b", "30Gi", 0), "b");
    world.scheduling.podEnded("on-a");
    passes(60);
    assertThat(world.cluster.nudged).isEmpty();
    world.scheduling.podEnded("on-b");
    passes(3);
    assertThat(world.cluster.nudged).containsExactly("only-b");
  }

  /** As when a kubelet restarts, and its DRA driver publishes the devices again later. */
  @Test
  void roomOnANodeThatCouldNotBeUsedAtTheRefusalCountsWhenItCan() {
    world.scheduling.nodeUnusable("c", "Its ResourceSlices list no GPUs.");
    ask(asking("waiting", "30Gi", 0), "a", "c");
    passes(60);
    assertThat(world.cluster.nudged).isEmpty();
    world.node("d", 1, "A100-40GB", GpuMode.PLAIN);
    passes(60);
    assertThat(world.cluster.nudged).as("d was not offered").isEmpty();
    world.node("c", 1, "A100-40GB", GpuMode.PLAIN);
    passes(3);
    assertThat(world.cluster.nudged).containsExactly("waiting");
  }

  @Test
  void aPodThatDoesNotComeIsCalledLessAndLessOften() {
    ask(asking("elsewhere", "30Gi", 0));
    world.scheduling.podEnded("on-a");
    passes(20);
    assertThat(world.cluster.nudged).as("after 2, 6 and 14 s").hasSize(3);
    passes(20 * 60);
    assertThat(world.cluster.nudged).hasSizeLessThan(14);
  }

  @Test
  void aPodThatIsGoneIsForgotten() {
    ask(asking("p", "30Gi", 0));
    world.scheduling.podEnded("p");
    world.scheduling.podEnded("on-a");
    passes(60);
    assertThat(world.cluster.nudged).isEmpty();
  }

  @Test
  void manyAreCalledAFewAtATimeTheMostUrgentFirst() {
    for (int i = 0; i < 100; i++) {
      ask(asking("p" + i, "30Gi", i));
    }
    world.scheduling.podEnded("on-a");
    world.millis += SECOND;
    wakeUps.look();
    world.millis += 2 * SECOND;
    wakeUps.look();
    assertThat(world.cluster.nudged).hasSize(10).contains("p99", "p90");
  }

  @Test
  void aBudgetThatComesToAllowMoreCallsThoseWhoMayEvict() {
    assertThat(ask(asking("urgent", "30Gi", 10)).evicts()).isFalse();
    ask(asking("meek", "30Gi", 0));
    passes(20);
    ask(asking("urgent", "30Gi", 10));
    world.cluster.nudged.clear();
    passes(20);
    assertThat(world.cluster.nudged).as("the second pause is longer").isEmpty();
    budget.allow(1);
    passes(1);
    assertThat(world.cluster.nudged).containsExactly("urgent");
    assertThat(ask(asking("urgent", "30Gi", 10)).evicts()).isTrue();
    assertThat(world.cluster.evictions).hasSize(1);
  }

  @Test
  void whoFoundTooManyPlansUnderWayIsCalledWhenOneIsOver() {
    budget.allow(100);
    for (int i = 0; i < Preemptions.MOST_PLANS; i++) {
      String node = "n" + i;
      world.node(node, 1, "A100-40GB", GpuMode.PLAIN);
      assertThat(world.place(asking("on-" + node, "30Gi", 1), node).isBound()).isTrue();
      assertThat(ask(asking("urgent" + i, "30Gi", 10), node).evicts()).isTrue();
    }
    assertThat(ask(asking("late", "30Gi", 10)).evicts()).isFalse();
    passes(10);
    assertThat(world.cluster.nudged).isEmpty();
    world.scheduling.podEnded("urgent3");
    passes(1);
    assertThat(world.cluster.nudged).containsExactly("late");
    assertThat(ask(asking("late", "30Gi", 10)).evicts()).isTrue();
  }
}
