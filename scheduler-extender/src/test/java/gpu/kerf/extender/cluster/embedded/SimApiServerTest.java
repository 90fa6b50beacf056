package gpu.kerf.extender.cluster.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the API server does, as {@code pkg/registry/core/pod/storage} of Kubernetes has it. */
class SimApiServerTest {

  private final VirtualTimers timers = new VirtualTimers(1_000);
  private final SimApiServer server = new SimApiServer(timers);
  private final List<String> heard = new ArrayList<>();

  @BeforeEach
  void hear() {
    server.watch(Runnable::run, new Hearing());
  }

  @Test
  void aBindingWritesNodeAndAnnotationsInOneStep() {
    create("a", "u1", Map.of("kept", "1", "changed", "old"));

    assertThat(bind("a", "u1", "n1", Map.of("changed", "new", "added", "2"))).isEqualTo(201);

    SimPod pod = pod("a");
    assertThat(pod.node()).isEqualTo("n1");
    assertThat(pod.annotations()).isEqualTo(Map.of("kept", "1", "changed", "new", "added", "2"));
    assertThat(heard).containsExactly("a", "a on n1");
    assertThat(pod.object().at("/metadata/annotations/added").asText()).isEqualTo("2");
    assertThat(pod.object().at("/spec/nodeName").asText()).isEqualTo("n1");
  }

  @Test
  void aBoundPodIsAConflictAlsoForTheSameNode() {
    create("a", "u1", Map.of());
    bind("a", "u1", "n1", Map.of());

    assertThat(bind("a", "u1", "n1", Map.of("late", "x"))).isEqualTo(409);
    assertThat(bind("a", "u1", "n2", Map.of())).isEqualTo(409);
    assertThat(pod("a").node()).isEqualTo("n1");
    assertThat(pod("a").annotations()).isEmpty();
  }

  @Test
  void aBindingOfAnotherUidOrOfNoPodIsRefused() {
    create("a", "u1", Map.of());

    assertThat(bind("a", "u0", "n1", Map.of())).isEqualTo(409);
    assertThat(bind("b", "u1", "n1", Map.of())).isEqualTo(404);
    assertThat(pod("a").isBound()).isFalse();
  }

  @Test
  void aTerminatingPodHoldsItsNodeUntilItsGraceIsOver() {
    create("a", "u1", Map.of());
    bind("a", "u1", "n1", Map.of());

    assertThat(server.delete("ml", "a", "u1", 3_000).ok()).isTrue();
    assertThat(pod("a").isTerminating()).isTrue();
    assertThat(server.podsOn("n1")).hasSize(1);

    assertThat(timers.runNext()).isTrue();
    assertThat(timers.now()).isEqualTo(4_000);
    assertThat(server.podsOn("n1")).isEmpty();
    assertThat(server.pod("ml", "a")).isNull();
    assertThat(heard).endsWith("a on n1 terminating", "a gone");
  }

  @Test
  void deletingTwiceNeitherProlongsNorEndsTwice() {
    create("a", "u1", Map.of());
    bind("a", "u1", "n1", Map.of());
    server.delete("ml", "a", "u1", 3_000);
    timers.after(1_000, () -> server.delete("ml", "a", "u1", 30_000));

    timers.runNext();
    timers.runNext();

    assertThat(timers.now()).isEqualTo(4_000);
    assertThat(server.pod("ml", "a")).isNull();
    assertThat(timers.nextDue()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aPodThatIsDeletedWhileItWaitsIsGoneAndCannotBeBound() {
    create("a", "u1", Map.of());

    server.delete("ml", "a", "u1", 30_000);

    assertThat(bind("a", "u1", "n1", Map.of())).isEqualTo(404);
  }

  @Test
  void aTerminatingPodCannotBeBoundAgain() {
    create("a", "u1", Map.of());
    bind("a", "u1", "n1", Map.of());
    server.delete("ml", "a", "u1", 3_000);

    assertThat(bind("a", "u1", "n1", Map.of())).isEqualTo(409);
  }

  @Test
  void aDeleteWithTheUidOfAnotherPodChangesNothing() {
    create("a", "u1", Map.of());
    bind("a", "u1", "n1", Map.of());

    assertThat(server.delete("ml", "a", "u0", 0).status()).isEqualTo(409);
    assertThat(server.delete("ml", "b", "", 0).status()).isEqualTo(404);
    assertThat(pod("a").isTerminating()).isFalse();
  }

  @Test
  void theGraceOfAPodDoesNotEndItsSuccessorOfTheSameName() {
    create("a", "u1", Map.of());
    bind("a", "u1", "n1", Map.of());
    server.delete("ml", "a", "u1", 3_000);
    server.gone("ml/a", "u1");
    create("a", "u2", Map.of());

    timers.runNext();

    assertThat(pod("a").uid()).isEqualTo("u2");
  }

  @Test
  void aSecondPodOfTheSameNameIsAConflict() {
    create("a", "u1", Map.of());

    assertThat(server.create(manifest("a", "u2", Map.of())).status()).isEqualTo(409);
  }

  @Test
  void aPodWithAGateIsNotBoundUntilTheGateIsOff() {
    ObjectNode gated = manifest("a", "u1", Map.of());
    gated.withObject("/spec").putArray("schedulingGates").addObject().put("name", "kerf.gpu/turn");
    server.create(gated);

    assertThat(bind("a", "u1", "n1", Map.of())).isEqualTo(409);
    assertThat(server.openGate("ml", "a", "u0", "kerf.gpu/turn").status()).isEqualTo(409);
    assertThat(server.openGate("ml", "b", "u1", "kerf.gpu/turn").status()).isEqualTo(404);
    assertThat(server.openGate("ml", "a", "u1", "other/gate").ok()).isTrue();
    assertThat(pod("a").hasGate("kerf.gpu/turn")).isTrue();

    assertThat(server.openGate("ml", "a", "u1", "kerf.gpu/turn").ok()).isTrue();
    assertThat(server.openGate("ml", "a", "u1", "kerf.gpu/turn").ok()).isTrue();

    // It is new, and has lost its gate; the second time it had none to lose.
    assertThat(heard).containsExactly("a", "a");
    assertThat(pod("a").object().at("/spec/schedulingGates")).isEmpty();
    assertThat(bind("a", "u1", "n1", Map.of())).isEqualTo(201);
  }

  @Test
  void aNudgeIsToldAndChangesNothing() {
    create("a", "u1", Map.of());
    heard.clear();

    server.nudge("ml", "a", "u0");
    server.nudge("ml", "a", "u1");

    assertThat(heard).containsExactly("a nudged");
  }

  @Test
  void aLateWatcherHearsWhatIsThereAndThenEveryChange() {
    server.putNode(NodeSpec.of("n1", List.of()));
    create("a", "u1", Map.of());
    heard.clear();

    server.watch(Runnable::run, new Hearing());
    server.removeNode("n1");

    // The second watcher hears of the node and the pod; then both hear of the node's end.
    assertThat(heard).containsExactly("node n1", "a", "node n1 gone", "node n1 gone");
  }

  @Test
  void whatIsDueAtOnceHappensInTheOrderInWhichItWasAskedFor() {
    List<Integer> order = new ArrayList<>();
    timers.after(10, () -> order.add(2));
    timers.after(5, () -> order.add(1));
    timers.after(10, () -> order.add(3));
    timers.advanceTo(1_007);

    // Five milliseconds on something is due: time does not pass it by.
    assertThat(timers.now()).isEqualTo(1_005);
    while (timers.runNext()) {
      assertThat(timers.now()).isEqualTo(order.size() == 1 ? 1_005 : 1_010);
    }
    assertThat(order).containsExactly(1, 2, 3);
  }

  private void create(String name, String uid, Map<String, String> annotations) {
    assertThat(server.create(manifest(name, uid, annotations)).status()).isEqualTo(201);
  }

  private int bind(String name, String uid, String node, Map<String, String> annotations) {
    return server.bind("ml", name, uid, node, annotations).status();
  }

  private SimPod pod(String name) {
    return Objects.requireNonNull(server.pod("ml", name));
  }

  private static ObjectNode manifest(String name, String uid, Map<String, String> annotations) {
    ObjectNode manifest = JsonNodeFactory.instance.objectNode();
    ObjectNode metadata = manifest.putObject("metadata");
    metadata.put("namespace", "ml").put("name", name).put("uid", uid);
    ObjectNode written = metadata.putObject("annotations");
    annotations.forEach(written::put);
    manifest.putObject("spec");
    return manifest;
  }

  /** Writes down what it hears. */
  private final class Hearing implements SimApiServer.Watcher {
    @Override
    public void nodeChanged(NodeSpec node) {
      heard.add("node " + node.name());
    }

    @Override
    public void nodeRemoved(String name) {
      heard.add("node " + name + " gone");
    }

    @Override
    public void podChanged(SimPod pod) {
      String where = pod.isBound() ? " on " + pod.node() : "";
      heard.add(pod.name() + where + (pod.isTerminating() ? " terminating" : ""));
    }

    @Override
    public void podEnded(SimPod pod) {
      heard.add(pod.name() + " gone");
    }

    @Override
    public void podNudged(SimPod pod) {
      heard.add(pod.name() + " nudged");
    }
  }
}
