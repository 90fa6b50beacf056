package gpu.kerf.extender.verb;

import static gpu.kerf.extender.verb.World.askingWhole;
import static gpu.kerf.extender.verb.World.pod;
import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.BindResult;
import gpu.kerf.extender.cluster.Binding;
import gpu.kerf.extender.state.Policy;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.MigInstance;
import gpu.kerf.model.hardware.NodeSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Requests as kube-scheduler sends them, and to the byte what they are answered: {@code
 * X.response.json}, or {@code X.refusal.txt} where the verb has no place for an error.
 *
 * <p>With {@code -Dkerf.golden=write} the answers are written anew; look at what changed.
 */
class GoldenFileTest {

  private static final Path ROOT = Path.of("src/test/resources/golden");
  private static final String REQUEST = ".request.json";
  private static final boolean WRITE = "write".equals(System.getProperty("kerf.golden"));

  @TestFactory
  Stream<DynamicTest> everyRequestIsAnsweredAsItsFileSays() throws IOException {
    Set<Path> unused = new TreeSet<>(files());
    List<DynamicTest> tests = new ArrayList<>();
    for (Path request : files()) {
      if (request.toString().endsWith(REQUEST)) {
        unused.remove(request);
        unused.remove(beside(request, ".response.json"));
        unused.remove(beside(request, ".refusal.txt"));
        String name = ROOT.relativize(request).toString().replace(REQUEST, "");
        tests.add(DynamicTest.dynamicTest(name, () -> check(name, request)));
      }
    }
    tests.add(DynamicTest.dynamicTest("no file is unused", () -> assertThat(unused).isEmpty()));
    return tests.stream();
  }

  private static List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static Path beside(Path request, String ending) {
    return Path.of(request.toString().replace(REQUEST, ending));
  }

  private static void check(String name, Path request) throws IOException {
    byte[] body = Files.readAllBytes(request);
    String ending = ".response.json";
    String answer;
    try {
      answer = answer(name, fleetFor(name), body);
    } catch (WireException | VerbException e) {
      ending = ".refusal.txt";
      answer = Objects.requireNonNull(e.getMessage());
    }
    Path file = beside(request, ending);
    if (WRITE) {
      Files.writeString(file, answer + "\n");
    }
    assertThat(file).content(StandardCharsets.UTF_8).isEqualTo(answer + "\n");
    assertThat(beside(request, ending.startsWith(".res") ? ".refusal.txt" : ".response.json"))
        .doesNotExist();
  }

  private static String answer(String name, World world, byte[] body)
      throws WireException, VerbException {
    String verb = name.substring(0, name.indexOf('/'));
    byte[] answer =
        switch (verb) {
          case "filter" -> world.writer.filter(world.filter.filter(world.reader.filter(body)));
          case "prioritize" ->
              world.writer.prioritize(world.prioritize.prioritize(world.reader.filter(body)));
          case "bind" -> {
            var bound = world.bind.bind(world.reader.bind(body)).toCompletableFuture();
            world.turn();
            yield world.writer.bind(bound.join());
          }
          case "preempt" -> world.writer.preempt(world.preempt.preempt(world.reader.preempt(body)));
          default -> throw new AssertionError("No verb is called " + verb + ".");
        };
    return new String(answer, StandardCharsets.UTF_8);
  }

  /** Five nodes with and without MIG, some pods on them, and what a case needs beside. */
  private static World fleetFor(String name) {
    World world =
        new World()
            .node("gpu-a", 8, "H100-80GB", GpuMode.PLAIN)
            .node("gpu-b", 1, "H100-80GB", GpuMode.MIG_DYNAMIC)
            .node("gpu-c", 2, "T4", GpuMode.PLAIN)
            .node(a100With("1g.5gb", "2g.10gb"))
            .node("gpu-full", 1, "H100-80GB", GpuMode.PLAIN);
    world.place(
        pod("low").priority(5).container("main", Map.of("kerf.gpu/whole", "1")).build(),
        "gpu-full");
    world.place(named("held", "held-0", "8Gi"), "gpu-a");
    setUp(name, world);
    return world;
  }

  private static NodeSpec a100With(String... profiles) {
    var model = World.model("A100-40GB");
    List<MigInstance> instances = new ArrayList<>();
    for (int i = 0; i < profiles.length; i++) {
      var profile = Objects.requireNonNull(model.profile(profiles[i]));
      instances.add(new MigInstance("MIG-" + i, profile, 2 * i));
    }
    return NodeSpec.of(
        "gpu-d", List.of(new GpuSpec("GPU-d", model, model.memoryMiB(), GpuMode.MIG, instances)));
  }

  private static void setUp(String name, World world) {
    PodView llm = named("7c1f", "llm-0", "8Gi");
    switch (name) {
      case "filter/all", "filter/all-whole" ->
          world.scheduling.use(new Policy(Policy.Answer.ALL, 10_000));
      case "filter/none-fits" -> world.place(askingWhole("one", 1), "gpu-a");
      case "filter/not-synced", "prioritize/refused-not-synced", "preempt/refused-not-synced" ->
          world.cluster.synced = false;
      case "bind/not-synced" -> {
        world.filter(llm);
        world.cluster.synced = false;
      }
      case "bind/nonsense" -> world.filter(named("bad", "bad-0", "0"));
      case "bind/conflict-not-bound" -> answering(world, llm, BindResult.Kind.CONFLICT, llm);
      case "bind/conflict-bound-here" -> {
        world.filter(llm);
        world.cluster.answer = BindResult.Kind.CONFLICT;
      }
      case "bind/conflict-bound-elsewhere" -> {
        answering(world, llm, BindResult.Kind.CONFLICT, llm);
        world.cluster.carryOut(new Binding(llm.ref(), "gpu-c", Map.of()));
      }
      case "bind/pod-made-anew" -> {
        PodView anew = PodView.of(new PodView.Ref("ml", "llm-0", "8d20")).build();
        answering(world, llm, BindResult.Kind.CONFLICT, anew);
      }
      case "bind/not-found" -> answering(world, llm, BindResult.Kind.NOT_FOUND, llm);
      case "bind/refused-by-the-api-server" -> answering(world, llm, BindResult.Kind.REFUSED, llm);
      case "bind/unsure" -> answering(world, llm, BindResult.Kind.UNKNOWN, llm);
      case "preempt/fewest-victims" -> share(world);
      default -> {
        if (name.startsWith("bind/")) {
          world.filter(llm);
        }
      }
    }
  }

  private static PodView named(String uid, String name, String memory) {
    return PodView.of(new PodView.Ref("ml", name, uid))
        .container("main", Map.of("kerf.gpu/memory", memory))
        .build();
  }

  private static void answering(
      World world, PodView filtered, BindResult.Kind kind, PodView inCluster) {
    world.filter(filtered);
    world.cluster.carriesOut = false;
    world.cluster.answer = kind;
    world.cluster.pods.put(inCluster.ref().toString(), inCluster);
  }

  private static void share(World world) {
    world.node("gpu-shared", 1, "H100-80GB", GpuMode.PLAIN);
    String[] sizes = {"30Gi", "20Gi", "20Gi"};
    for (int i = 0; i < sizes.length; i++) {
      PodView sharer =
          pod("s" + (i + 1))
              .priority(i)
              .container("main", Map.of("kerf.gpu/memory", sizes[i]))
              .build();
      world.place(sharer, "gpu-shared");
    }
  }
}
