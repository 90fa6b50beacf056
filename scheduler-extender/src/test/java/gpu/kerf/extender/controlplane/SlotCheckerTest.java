package gpu.kerf.extender.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SlotCheckerTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ObjectNode nodes = JSON.createObjectNode();
  private final ObjectNode pods = JSON.createObjectNode();

  @Test
  void slotsThatLieSideBySideAreFine() {
    node("a", Inventory.mixed("a"));
    pod("one", "a", "{\"gpu\":0,\"uuid\":\"GPU-a-0\",\"whole\":true,\"memoryMiB\":81559}");
    pod("two", "a", share(1, 40_000, 500));
    pod("three", "a", share(1, 41_000, 500));
    pod("four", "a", instance(2, "1g.5gb", 0));
    pod("five", "a", instance(2, "1g.5gb", 1));
    assertThat(problems()).isEmpty();
    assertThat(SlotChecker.check(nodes.toString(), pods.toString()).slots()).isEqualTo(5);
  }

  @Test
  void instanceThatTwoPodsHoldIsFound() {
    node("a", Inventory.fourCutA100("a"));
    pod("one", "a", instance(0, "1g.5gb", 2));
    pod("two", "a", instance(0, "1g.5gb", 2));
    assertThat(problems())
        .containsExactly("a GPU 0: default/two main and default/one main hold the same slot");
  }

  @Test
  void instancesThatOverlapAreFound() {
    node("a", Inventory.of("a").mig("A100-40GB", 40_960, "3g.20gb@0", "1g.5gb@3", "1g.5gb@4"));
    pod("one", "a", instance(0, "3g.20gb", 0));
    pod("two", "a", instance(0, "1g.5gb", 4));
    assertThat(problems()).isEmpty();
    // 20 GB are four slices of eight: 0 to 3.
    pod("three", "a", instance(0, "1g.5gb", 3));
    assertThat(problems()).singleElement().asString().contains("three").contains("one");
  }

  @Test
  void shareOfGpuThatIsGivenWholeIsFound() {
    node("a", Inventory.eightH100("a"));
    pod("one", "a", "{\"gpu\":3,\"whole\":true,\"memoryMiB\":40000}");
    pod("two", "a", share(3, 1000, 0));
    assertThat(problems()).singleElement().asString().startsWith("a GPU 3: ");
  }

  @Test
  void moreMemoryOrComputeThanThereIsIsFound() {
    node("a", Inventory.eightH100("a"));
    pod("one", "a", share(0, 41_000, 600));
    pod("two", "a", share(0, 41_000, 500));
    assertThat(problems())
        .containsExactly(
            "a GPU 0: 82000 MiB are held of 81559",
            "a GPU 0: 1100 thousandths of its multiprocessors are held");
  }

  @Test
  void moreClientsThanMpsTakesIsFound() {
    node("a", Inventory.eightH100("a"));
    for (int i = 0; i < 49; i++) {
      pod("pod-" + i, "a", share(7, 100, 0));
    }
    assertThat(problems()).containsExactly("a GPU 7 has 49 MPS clients");
  }

  @Test
  void slotThatTheNodeDoesNotHaveIsFound() {
    node("a", Inventory.fourCutA100("a"));
    pod("one", "a", instance(0, "1g.5gb", 6));
    pod("two", "a", instance(4, "1g.5gb", 2));
    pod("three", "a", share(1, 1000, 0));
    pod(
        "four",
        "a",
        "{\"gpu\":2,\"uuid\":\"GPU-b-2\",\"mig\":{\"profile\":\"1g.5gb\",\"start\":2}}");
    assertThat(problems())
        .satisfiesExactly(
            problem -> assertThat(problem).contains("one", "no such instance"),
            problem -> assertThat(problem).contains("two", "no such GPU"),
            problem -> assertThat(problem).contains("three", "whose mode is mig"),
            problem -> assertThat(problem).contains("four", "whose uuid is GPU-a-2"));
  }

  @Test
  void placementOfAnotherNodeIsFound() {
    node("a", Inventory.eightH100("a"));
    pod("one", "a", share(0, 1000, 0));
    ((ObjectNode) pods.path("items").get(0).path("spec")).put("nodeName", "b");
    assertThat(problems()).first().asString().contains("is on node b").contains("of node a");
  }

  @Test
  void podThatEndedHoldsNothing() {
    node("a", Inventory.eightH100("a"));
    pod("one", "a", share(0, 81_559, 0));
    ((ObjectNode) pods.path("items").get(0)).putObject("status").put("phase", "Succeeded");
    pod("two", "a", share(0, 81_559, 0));
    assertThat(problems()).isEmpty();
  }

  private List<String> problems() {
    return SlotChecker.check(nodes.toString(), pods.toString()).problems();
  }

  private void node(String name, Inventory inventory) {
    ObjectNode node = nodes.withArray("items").addObject();
    node.putObject("metadata")
        .put("name", name)
        .putObject("annotations")
        .put("kerf.gpu/inventory", inventory.json());
  }

  private void pod(String name, String node, String slot) {
    ObjectNode pod = pods.withArray("items").addObject();
    pod.putObject("metadata")
        .put("namespace", "default")
        .put("name", name)
        .putObject("annotations")
        .put(
            "kerf.gpu/placement",
            "{\"v\":1,\"node\":\"%s\",\"containers\":[{\"name\":\"main\",\"slots\":[%s]}]}"
                .formatted(node, slot));
    pod.putObject("spec").put("nodeName", node);
  }

  private static String share(int gpu, int memoryMiB, int smMilli) {
    return "{\"gpu\":%d,\"mps\":{\"smMilli\":%d},\"memoryMiB\":%d}"
        .formatted(gpu, smMilli, memoryMiB);
  }

  private static String instance(int gpu, String profile, int start) {
    return "{\"gpu\":%d,\"mig\":{\"profile\":\"%s\",\"start\":%d},\"memoryMiB\":4864}"
        .formatted(gpu, profile, start);
  }
}
