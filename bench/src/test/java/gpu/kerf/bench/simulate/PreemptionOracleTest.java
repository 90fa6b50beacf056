package gpu.kerf.bench.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pods come, are bound and are evicted by hand. */
final class PreemptionOracleTest {
  private final VirtualTime timeline = new VirtualTime();
  private final Story story = new Story(timeline);
  private final ApiStore store = new ApiStore(timeline);
  private final PodControl control = new PodControl(store, story);
  private final PreemptionOracle oracle = new PreemptionOracle(timeline, store);

  @Test
  void aPodOfLowerPriorityMayGo() {
    PodObject low = pod("low", 1, "a");
    pod("high", 2, "");

    assertThatCode(() -> evict(low, "high")).doesNotThrowAnyException();
  }

  @Test
  void aVictimOfEqualPriorityIsAViolation() {
    PodObject one = pod("one", 2, "a");
    pod("other", 2, "");

    assertThatThrownBy(() -> evict(one, "other")).hasMessageContaining("by no higher priority");
  }

  @Test
  void kubeSchedulerMayNotTakeAVictimOfEqualPriorityEither() {
    PodObject one = pod("one", 2, "a");
    PodObject other = pod("other", 2, "");

    assertThatThrownBy(() -> oracle.preempts(other, List.of(one)))
        .hasMessageContaining("by no higher priority");
  }

  @Test
  void anEvictionThatNoPodWantsIsAViolation() {
    PodObject low = pod("low", 1, "a");

    assertThatThrownBy(() -> oracle.evicts("kerf-a.1", low)).hasMessageContaining("for nothing");
    pod("high", 2, "");
    assertThatCode(() -> oracle.evicts("kerf-a.1", low)).doesNotThrowAnyException();
  }

  @Test
  void aPreemptorThatDoesNotRunIsStuckUntilItDoes() {
    PodObject low = pod("low", 1, "a");
    PodObject high = pod("high", 2, "");
    oracle.calm(true);
    evict(low, "high");

    Violation problem = oracle.problem();
    assertThat(problem).isNotNull();
    assertThat(problem).hasMessageContaining("had to go for team/high, which does not run");
    control.bind(high, "a", Stored.JSON.createObjectNode(), "kerf-a.1");
    assertThat(oracle.problem()).isNull();
  }

  @Test
  void aPodThatCameAfterTheFirstEvictionMayNotGoForTheSamePod() {
    PodObject low = pod("low", 1, "a");
    PodObject late = pod("late", 1, "");
    pod("high", 2, "");
    oracle.calm(true);
    evict(low, "high");
    later();
    control.bind(late, "a", Stored.JSON.createObjectNode(), "kerf-a.1");

    assertThatThrownBy(() -> evict(current(late), "high")).hasMessageContaining("in turns");
  }

  private PodObject current(PodObject pod) {
    PodObject now = control.current(pod);
    if (now == null) {
      throw new AssertionError(pod + " is gone");
    }
    return now;
  }

  private void later() {
    timeline.after(VirtualTime.SECOND, null, () -> {});
    timeline.next();
  }

  private void evict(PodObject victim, String preemptor) {
    String why = "Evicted to make room for team/" + preemptor + " of higher priority.";
    control.disrupt(victim, "PreemptionByScheduler", why);
  }

  private PodObject pod(String name, int priority, String node) {
    ObjectNode json = Stored.JSON.createObjectNode();
    json.putObject("metadata").put("name", name).put("namespace", "team");
    json.putObject("spec").put("priority", priority).put("nodeName", node);
    json.putObject("status").put("phase", "Pending");
    Stored stored = store.create(ObjectKind.POD, json);
    if (stored == null) {
      throw new AssertionError("There is such a pod.");
    }
    return stored.pod();
  }
}
