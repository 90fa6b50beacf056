package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.state.Policy;
import gpu.kerf.extender.wire.BindAnswer;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.GpuState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * For every body, the answer is one of the protocol or a refusal that says why, and the ledger
 * holds the same slots afterwards. {@code -Dkerf.fuzz=N} sends N bodies.
 */
class FuzzTest {

  private static final int BODIES =
      Integer.getInteger("kerf.fuzz", Integer.getInteger("kerf.steps", 100_000) / 5);
  private static final long SEED = 20_261_121;
  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final int LONGEST_REFUSAL = 1_000;

  private final ObjectMapper json = new ObjectMapper();
  private final BodyMutator bodyMutator = new BodyMutator(SEED);
  private final World world =
      new World()
          .node("gpu-a", 8, "H100-80GB", GpuMode.PLAIN)
          .node("gpu-b", 1, "H100-80GB", GpuMode.MIG_DYNAMIC)
          .node("gpu-c", 2, "T4", GpuMode.PLAIN)
          .node("gpu-full", 1, "H100-80GB", GpuMode.PLAIN);

  /** A verb's name and a body that it would understand. */
  private record Base(String verb, String body) {}

  @Test
  void everyBodyGetsAClearAnswerAndLeavesTheLedgerAsItWas() throws IOException {
    world.place(World.askingWhole("low", 1), "gpu-full");
    world.place(World.asking("s1", "30Gi"), "gpu-a");
    world.scheduling.use(new Policy(Policy.Answer.WINNERS, 0));
    // By chance a body may bind a pod that another one brought: the API server does not know it.
    world.cluster.carriesOut = false;
    world.cluster.answer = BindResult.Kind.NOT_FOUND;
    List<Base> bases = bases();
    List<Object> before = held();
    int refused = 0;
    for (int i = 0; i < BODIES; i++) {
      Base base = bases.get(bodyMutator.random().nextInt(bases.size()));
      byte[] body = bodyMutator.mangled(fresh(base, i));
      refused += isRefused(base.verb, body, i) ? 1 : 0;
      world.turn();
      if (i % 1000 == 0) {
        assertThat(held()).as(what(base.verb, body, i)).isEqualTo(before);
      }
    }
    assertThat(held()).as("seed %d", SEED).isEqualTo(before);
    assertThat(refused).isBetween(BODIES / 4, BODIES * 9 / 10);
    assertThat(world.scheduling.pods().size()).isLessThan(20_100);
    assertThat(world.scheduling.decisions().latest(Integer.MAX_VALUE, "")).hasSizeLessThan(2_100);
  }

  private static List<Base> bases() throws IOException {
    try (Stream<Path> files = Files.walk(GOLDEN)) {
      return files
          .filter(file -> file.toString().endsWith(".request.json"))
          .filter(file -> !file.toString().contains("refused"))
          .sorted()
          .map(file -> new Base(GOLDEN.relativize(file).getName(0).toString(), read(file)))
          .toList();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Every other request is of a pod that was never seen. */
  private static byte[] fresh(Base base, int i) {
    String uid = base.verb.equals("bind") ? "never-" + i : i % 2 == 0 ? "pod-" + i : "7c1f";
    return base.body
        .replace("\"7c1f\"", "\"" + uid + "\"")
        .replace("\"held\"", "\"" + uid + "\"")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String what(String verb, byte[] body, int i) {
    String text = new String(body, StandardCharsets.UTF_8);
    String shown = text.length() > 2_000 ? text.substring(0, 2_000) + "…" : text;
    return "seed %d, body %d, %s: %s".formatted(SEED, i, verb, shown);
  }

  private boolean isRefused(String verb, byte[] body, int i) {
    try {
      check(verb, json.readTree(answer(verb, body)));
      return false;
    } catch (WireException | VerbException e) {
      assertThat(e.getMessage()).isNotBlank().hasSizeLessThan(LONGEST_REFUSAL);
      return true;
    } catch (RuntimeException | IOException | StackOverflowError e) {
      throw new AssertionError(what(verb, body, i), e);
    }
  }

  private byte[] answer(String verb, byte[] body) throws WireException, VerbException {
    return switch (verb) {
      case "filter" -> world.writer.filter(world.filter.filter(world.reader.filter(body)));
      case "prioritize" ->
          world.writer.prioritize(world.prioritize.prioritize(world.reader.filter(body)));
      case "bind" -> world.writer.bind(bound(body));
      case "preempt" -> world.writer.preempt(world.preempt.preempt(world.reader.preempt(body)));
      default -> throw new AssertionError(verb);
    };
  }

  private BindAnswer bound(byte[] body) throws WireException {
    var answer = world.bind.bind(world.reader.bind(body)).toCompletableFuture();
    world.turn();
    return answer.join();
  }

  private static void check(String verb, JsonNode answer) {
    switch (verb) {
      case "filter" -> {
        assertThat(answer.path("FailedNodes").isObject()).isTrue();
        assertThat(answer.path("FailedAndUnresolvableNodes").isObject()).isTrue();
        assertThat(answer.path("Error").isTextual()).isTrue();
        assertThat(answer.path("NodeNames").isArray() != answer.path("Nodes").isObject()).isTrue();
      }
      case "prioritize" ->
          answer.forEach(host -> assertThat(host.path("Score").asInt(-1)).isBetween(0, 10));
      case "bind" -> assertThat(answer.path("Error").isTextual()).isTrue();
      default ->
          answer
              .path("NodeNameToMetaVictims")
              .forEach(node -> assertThat(node.path("Pods")).isNotEmpty());
    }
  }

  /** Who holds what, and what is free on every GPU. */
  private List<Object> held() {
    List<Object> held = new ArrayList<>(world.scheduling.ledger().entries());
    for (int i = 0; i < world.scheduling.fleet().limit(); i++) {
      var node = Objects.requireNonNull(world.scheduling.fleet().at(i));
      for (int gpu = 0; gpu < node.gpus(); gpu++) {
        GpuState state = node.gpu(gpu);
        held.add(state);
      }
      held.add(node.freeCpuMilli());
    }
    return held;
  }
}
