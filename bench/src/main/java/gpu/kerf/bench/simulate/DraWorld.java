package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What a simulation with DRA drivers has beside one without: ResourceClaims and their controller,
 * another scheduler, and the faults of claims.
 */
final class DraWorld implements ClaimApi.Watcher {
  private static final List<String> CLASSES =
      List.of("gpu.nvidia.com", "mig.nvidia.com", "share.nvidia.com");

  private final Around around;
  private final SplittableRandom random;
  private final List<SimulatedNode> nodes;
  private final ClaimApi api;
  private final ClaimHearing hearing;
  private final ClaimOracle oracle;
  private final OtherScheduler others;
  private boolean races;
  private boolean kills;

  /** What it stands in. */
  record Around(
      VirtualTime timeline,
      ApiStore store,
      Story story,
      PodControl control,
      List<SimulatedNode> nodes,
      List<Replica> replicas,
      ApiFrontend frontend) {}

  DraWorld(Around around, SplittableRandom random, Set<Fault> faults) {
    this.around = around;
    this.random = random;
    this.nodes = around.nodes.stream().filter(node -> node.driver() != null).toList();
    VirtualTime timeline = around.timeline;
    ApiStore store = around.store;
    this.api = new ClaimApi(store, around.story, this);
    this.hearing = new ClaimHearing(timeline);
    this.oracle = new ClaimOracle(timeline, store, hearing, nodes);
    new ClaimController(timeline, store, api, random.split()).start();
    this.others =
        new OtherScheduler(
            timeline, store, around.story, around.control, nodes, random.split(), faults);
    around.frontend.serveClaims(api, hearing, oracle::binds);
    CLASSES.forEach(this::makeClass);
  }

  private void makeClass(String name) {
    ObjectNode json = Stored.JSON.createObjectNode().put("apiVersion", "resource.k8s.io/v1");
    json.put("kind", "DeviceClass").putObject("metadata").put("name", name);
    ArrayNode config = json.putObject("spec").putArray("config");
    if (name.equals("share.nvidia.com")) {
      config.addObject().putObject("opaque").put("driver", "gpu.nvidia.com");
    }
    around.store.create(ObjectKind.DEVICE_CLASS, json);
  }

  void start() {
    others.start();
  }

  /** Nothing new comes; or it may again. */
  void calm(boolean on) {
    others.calm(on);
    if (on && random.nextBoolean()) {
      // What it builds from pods and claims must be what the other one has.
      around.replicas.get(random.nextInt(around.replicas.size())).kill();
    }
  }

  void heal() {
    races = false;
    kills = false;
    api.dropFields(false);
    nodes.forEach(this::revive);
  }

  private void revive(SimulatedNode node) {
    DraDriver driver = node.driver();
    if (driver != null) {
      driver.down(false);
    }
  }

  void inject(Fault fault) {
    around.story.tell(fault.word());
    switch (fault) {
      case DROPPED_FIELDS -> {
        api.dropFields(true);
        later(20, () -> api.dropFields(false));
      }
      case RACING_CLAIMS -> {
        races = true;
        later(40, () -> races = false);
      }
      case DELETED_CLAIMS -> deleteClaim();
      case KILLED_IN_CLAIM -> kills = true;
      case REPUBLISHED_SLICES -> nodes.get(random.nextInt(nodes.size())).agent().republish();
      case DEAD_DRIVERS -> {
        SimulatedNode node = nodes.get(random.nextInt(nodes.size()));
        DraDriver driver = node.driver();
        if (driver != null) {
          driver.down(true);
          later(20, () -> revive(node));
        }
      }
      default -> throw new IllegalArgumentException(fault.word());
    }
  }

  private void later(int seconds, Runnable action) {
    around.timeline.after(random.nextLong(seconds * VirtualTime.SECOND), null, action);
  }

  private void deleteClaim() {
    List<Stored> claims = new ArrayList<>(around.store.all(ObjectKind.CLAIM));
    if (!claims.isEmpty()) {
      Stored claim = claims.get(random.nextInt(claims.size()));
      around.story.tell("a user deletes the claim " + claim.key());
      api.delete(claim);
    }
  }

  @Override
  public void allocates(String client, ClaimObject after) {
    if (races && random.nextInt(3) == 0) {
      for (SimulatedNode node : nodes) {
        DraDriver driver = node.driver();
        if (driver != null && after.isInPool(driver.pool())) {
          List<SimulatedContainer.Touch> touches = driver.touches(after);
          if (touches != null) {
            others.race(node, touches.get(random.nextInt(touches.size())));
          }
        }
      }
    }
  }

  @Override
  public void takes(String client, ClaimObject claim) {
    oracle.takes(client, claim);
  }

  @Override
  public void names(String client, PodObject pod) {
    oracle.names(client, pod);
  }

  /** One that is killed has not heard the answer. */
  @Override
  public void wrote(String client) {
    if (kills) {
      kills = false;
      long pause = random.nextLong(4 * VirtualTime.MILLI);
      around.timeline.after(pause, null, () -> kill(client));
    }
  }

  private void kill(String client) {
    for (Replica replica : around.replicas) {
      SimulatedProcess process = replica.process();
      if (process != null && process.name().equals(client)) {
        around.story.tell("killed-in-claim: " + client);
        replica.kill();
      }
    }
  }

  /** What is wrong with claims in the calm; null if nothing is. */
  @Nullable Violation problem() {
    Violation left = oracle.problem();
    return left == null ? new FleetComparison(around.replicas).problem() : left;
  }

  ClaimOracle oracle() {
    return oracle;
  }

  /** Judges a Binding before it is carried out. */
  interface Bindings {
    void binds(String client, PodObject pod, String node, JsonNode annotations);
  }
}
