package gpu.kerf.bench.simulate;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One node with a plain H100 and one that is cut; pods are bound to it by hand. */
final class OracleTest {
  private static final String PLAIN = "GPU-a-01";
  private static final String INSTANCE = "MIG-a-02-7-0";

  private final VirtualTime timeline = new VirtualTime();
  private final Story story = new Story(timeline);
  private final ApiStore store = new ApiStore(timeline);
  private final Oracle oracle = new Oracle(store);
  private final PodControl control = new PodControl(store, story);
  private final SimulatedNode node =
      new SimulatedNode(
          "a",
          new SimulatedNode.World(timeline, store, control, oracle, story),
          new SplittableRandom(1),
          InventoryAgent.Way.ANNOTATION);
  private int pods;

  @BeforeEach
  void aNodeWithTwoCards() {
    node.addGpu(Gpu.Model.H100);
    node.addGpu(Gpu.Model.H100).cut(0, 7);
    oracle.add(node);
    node.start();
  }

  @Test
  void sharesThatFitAreFine() {
    bound(PLAIN, "0=40000M");
    bound(PLAIN, "0=40000M");

    assertThatCode(oracle::check).doesNotThrowAnyException();
  }

  @Test
  void sharesBeyondTheMemoryOfACardAreAViolation() {
    bound(PLAIN, "0=40000M");
    bound(PLAIN, "0=41560M");

    assertThatThrownBy(oracle::check)
        .isInstanceOf(Violation.class)
        .hasMessageContaining("81560 MiB of GPU-a-01, which has 81559");
  }

  @Test
  void aShareBesideAWholeCardIsAViolation() {
    bound(PLAIN, "");
    bound(PLAIN, "0=1M");

    assertThatThrownBy(oracle::check).hasMessageContaining("given twice");
  }

  @Test
  void oneInstanceForTwoPodsIsAViolation() {
    bound(INSTANCE, "");
    bound(INSTANCE, "");

    assertThatThrownBy(oracle::check).hasMessageContaining(INSTANCE);
  }

  @Test
  void anIndexMeansTheCardThatHasItNow() {
    bound(PLAIN, "");
    bound("0", "0=1M");

    assertThatThrownBy(oracle::check).hasMessageContaining("given twice");
  }

  @Test
  void aContainerThatRunsCountsAlsoWhenItsPodIsGone() {
    PodObject first = bound(PLAIN, "");
    runFor(10);
    control.delete(current(first), 0, "by force");
    oracle.check();
    bound(PLAIN, "");

    assertThatThrownBy(oracle::check).hasMessageContaining("(runs)");
  }

  @Test
  void aPodThatIsOverCountsNoMore() {
    PodObject first = bound(PLAIN, "");
    runFor(10);
    control.delete(current(first), 1, "by its user");
    runFor(10);
    bound(PLAIN, "");

    assertThatCode(oracle::check).doesNotThrowAnyException();
  }

  private PodObject current(PodObject pod) {
    PodObject now = control.current(pod);
    if (now == null) {
      throw new AssertionError(pod + " is gone");
    }
    return now;
  }

  private PodObject bound(String device, String memory) {
    ObjectNode json = Stored.JSON.createObjectNode();
    ObjectNode metadata = json.putObject("metadata");
    metadata.put("name", "p" + ++pods).put("namespace", "team");
    metadata
        .putObject("annotations")
        .put("kerf.gpu/visible-devices.main", device)
        .put("kerf.gpu/mps-memory.main", memory);
    ObjectNode spec = json.putObject("spec").put("nodeName", "a");
    spec.put("terminationGracePeriodSeconds", 2);
    spec.putArray("containers").addObject().put("name", "main");
    json.putObject("status").put("phase", "Pending");
    Stored stored = store.create(ObjectKind.POD, json);
    if (stored == null) {
      throw new AssertionError("There is such a pod.");
    }
    return stored.pod();
  }

  /** Lets the kubelet work for some seconds of virtual time. */
  private void runFor(int seconds) {
    long end = timeline.now() + seconds * VirtualTime.SECOND;
    timeline.after(seconds * VirtualTime.SECOND, null, () -> {});
    while (timeline.now() < end) {
      VirtualTime.Event event = timeline.next();
      if (event != null) {
        event.action.run();
      }
    }
  }
}
