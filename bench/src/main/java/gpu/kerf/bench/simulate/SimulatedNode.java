package gpu.kerf.bench.simulate;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A node: its GPUs, and the kubelet that starts and stops containers there. When a container
 * starts, its devices are resolved from the annotations of its pod; later changes of the
 * annotations do not change them.
 */
final class SimulatedNode {
  private final String name;
  private final World world;
  private final SplittableRandom random;
  private final SimulatedProcess kubelet;
  private final List<Gpu> gpus = new ArrayList<>();
  private final List<Gpu> lost = new ArrayList<>();
  private final Map<String, Local> pods = new LinkedHashMap<>();

  /** The uids of those that have completed: older news of them starts nothing. */
  private final Set<String> completed = new HashSet<>();

  private final InventoryAgent agent;
  private final @Nullable DraDriver driver;
  private final @Nullable DraSlices slices;
  private int generation;

  /** What a node stands in. */
  record World(
      VirtualTime timeline, ApiStore store, PodControl control, Oracle oracle, Story story) {}

  /** A pod as the kubelet knows it. */
  private static final class Local {
    private PodObject pod;
    private final List<SimulatedContainer> running = new ArrayList<>();
    private boolean started;
    private boolean stopping;
    private boolean gone;
    private int starts;

    Local(PodObject pod) {
      this.pod = pod;
    }
  }

  SimulatedNode(String name, World world, SplittableRandom random, InventoryAgent.Way way) {
    this.name = name;
    this.world = world;
    this.random = random;
    this.kubelet = new SimulatedProcess("kubelet-" + name);
    this.agent = new InventoryAgent(this, way, world.timeline, world.store, random.split());
    boolean byDriver = way == InventoryAgent.Way.DRIVER;
    this.driver = byDriver ? new DraDriver(this, world.store, world.oracle::refused) : null;
    this.slices = driver == null ? null : new DraSlices(this, driver);
  }

  /** The DRA driver that hands its GPUs out; null if there is none. */
  @Nullable DraDriver driver() {
    return driver;
  }

  @Nullable DraSlices driverSlices() {
    return slices;
  }

  String name() {
    return name;
  }

  /** The cards by their indexes. */
  List<Gpu> gpus() {
    return gpus;
  }

  InventoryAgent agent() {
    return agent;
  }

  Gpu addGpu(Gpu.Model model) {
    Gpu gpu = new Gpu("GPU-%s-%02d".formatted(name, ++generation), model);
    gpus.add(gpu);
    return gpu;
  }

  void start() {
    agent.register();
    world.store.listen(
        new Feed(
            world.timeline,
            kubelet,
            Set.of(ObjectKind.POD),
            this::informerLatency,
            change -> heard(change)));
  }

  private long informerLatency() {
    return VirtualTime.MILLI
        + random.nextLong(random.nextInt(10) == 0 ? 3_000_000_000L : 50_000_000L);
  }

  private void heard(ApiStore.Change change) {
    PodObject pod = change.any().pod();
    if (!pod.node().equals(name)) {
      return;
    }
    Local local = pods.get(pod.uid());
    if (change.after() == null) {
      completed.remove(pod.uid());
      if (local != null) {
        local.gone = true;
        stop(local);
      }
      return;
    }
    if (local == null && !pod.isOver() && !completed.contains(pod.uid())) {
      Local fresh = new Local(pod);
      pods.put(pod.uid(), fresh);
      if (pod.isTerminating()) {
        finished(fresh);
      } else {
        startSoon(fresh, 100 * VirtualTime.MILLI + random.nextLong(4 * VirtualTime.SECOND));
      }
    } else if (local != null) {
      local.pod = pod;
      if (pod.isTerminating()) {
        stop(local);
      }
    }
  }

  private void startSoon(Local local, long nanos) {
    int start = ++local.starts;
    world.timeline.after(nanos, kubelet, () -> start(local, start));
  }

  /** Of several attempts to start, the last one counts. */
  private void start(Local local, int start) {
    if (start != local.starts
        || local.stopping
        || local.gone
        || pods.get(local.pod.uid()) != local) {
      return;
    }
    String refusal = driver == null ? "" : driver.prepare(local.pod);
    if (!refusal.isEmpty()) {
      world.story.tell("containers of " + local.pod + " cannot start: " + refusal);
      startSoon(local, 10 * VirtualTime.SECOND);
      return;
    }
    List<SimulatedContainer> containers = new ArrayList<>();
    for (String container : local.pod.containers()) {
      List<SimulatedContainer.Touch> touches = resolve(local.pod, container);
      if (touches == null) {
        world.story.tell("containers of " + local.pod + " cannot start: no such device");
        startSoon(local, 10 * VirtualTime.SECOND);
        return;
      }
      containers.add(new SimulatedContainer(local.pod, container, touches));
    }
    local.running.addAll(containers);
    local.started = true;
    world.story.tell("containers of " + local.pod + " start on " + name + ": " + containers);
    world.oracle.changed(this);
    world.control.report(local.pod, "Running", "running");
    long life = lifeOf(local.pod);
    if (life > 0) {
      world.timeline.after(life, kubelet, () -> completed(local, start));
    }
  }

  /** How long its work takes, in nanoseconds; 0 if it never ends by itself. */
  private static long lifeOf(PodObject pod) {
    String seconds = pod.annotation("simulated/seconds");
    return seconds.isEmpty() ? 0 : Long.parseLong(seconds) * VirtualTime.SECOND;
  }

  /** What the containers of a pod would touch if they started now; nothing where they cannot. */
  static Map<String, List<SimulatedContainer.Touch>> touches(SimulatedNode node, PodObject pod) {
    Map<String, List<SimulatedContainer.Touch>> all = new LinkedHashMap<>();
    for (String container : pod.containers()) {
      List<SimulatedContainer.Touch> touches = node.resolve(pod, container);
      if (touches == null) {
        return Map.of();
      }
      all.put(container, touches);
    }
    return all;
  }

  /** Whether all devices of a pod are here. */
  boolean hasDevices(PodObject pod) {
    return pod.containers().stream().allMatch(each -> resolve(pod, each) != null);
  }

  private @Nullable List<SimulatedContainer.Touch> resolve(PodObject pod, String container) {
    return driver == null ? byVariables(pod, container) : driver.resolve(pod, container);
  }

  private @Nullable List<SimulatedContainer.Touch> byVariables(PodObject pod, String container) {
    String visible = pod.annotation("kerf.gpu/visible-devices." + container);
    String[] memory = pod.annotation("kerf.gpu/mps-memory." + container).split(",", -1);
    List<SimulatedContainer.Touch> touches = new ArrayList<>();
    if (!visible.isEmpty() && !visible.equals("void")) {
      int place = 0;
      for (String device : visible.split(",", -1)) {
        long share = memory[0].isEmpty() ? 0 : share(memory[place++]);
        SimulatedContainer.Touch touch = touch(device, share);
        if (touch == null) {
          return null;
        }
        touches.add(touch);
      }
    }
    return touches;
  }

  /** {@code 0=8192M}. */
  private static long share(String limit) {
    return Long.parseLong(limit.substring(limit.indexOf('=') + 1, limit.length() - 1));
  }

  /** What a name of a device means now; null if nothing here has it. */
  SimulatedContainer.@Nullable Touch touch(String device, long share) {
    int colon = device.indexOf(':');
    if (device.matches("[0-9]+(:[0-9]+)?")) {
      int index = Integer.parseInt(colon < 0 ? device : device.substring(0, colon));
      if (index >= gpus.size()) {
        return null;
      }
      Gpu gpu = gpus.get(index);
      if (colon < 0) {
        return new SimulatedContainer.Touch(gpu, null, share);
      }
      int instance = Integer.parseInt(device.substring(colon + 1));
      return instance < gpu.instances().size()
          ? new SimulatedContainer.Touch(gpu, gpu.instances().get(instance), 0)
          : null;
    }
    for (Gpu gpu : gpus) {
      if (gpu.uuid().equals(device)) {
        return new SimulatedContainer.Touch(gpu, null, share);
      }
      for (Gpu.Instance instance : gpu.instances()) {
        if (instance.uuid().equals(device)) {
          return new SimulatedContainer.Touch(gpu, instance, 0);
        }
      }
    }
    return null;
  }

  private void completed(Local local, int start) {
    if (local.starts == start && !local.running.isEmpty() && !local.stopping) {
      end(local);
      pods.remove(local.pod.uid());
      completed.add(local.pod.uid());
      world.story.tell("containers of " + local.pod + " complete");
      released(local.pod, () -> world.control.report(local.pod, "Succeeded", "terminated"));
    }
  }

  /** The driver takes the devices of a pod back before the API server hears of its end. */
  private void released(PodObject pod, Runnable then) {
    if (driver == null || driver.unprepare(pod)) {
      then.run();
    } else {
      world.timeline.after(2 * VirtualTime.SECOND, kubelet, () -> released(pod, then));
    }
  }

  /** The work of a pod is done, if its containers run. */
  void complete(String uid) {
    Local local = pods.get(uid);
    if (local != null && !kubelet.isPaused()) {
      completed(local, local.starts);
    }
  }

  /** SIGTERM, and SIGKILL when the grace period is over; some processes end early. */
  private void stop(Local local) {
    if (local.stopping) {
      return;
    }
    local.stopping = true;
    long grace = local.pod.graceSeconds() * VirtualTime.SECOND;
    long takes =
        local.running.isEmpty()
            ? 50 * VirtualTime.MILLI
            : random.nextBoolean() ? grace : 100 * VirtualTime.MILLI + random.nextLong(grace);
    world.timeline.after(takes, kubelet, () -> finished(local));
  }

  /** All its containers have ended. */
  private void finished(Local local) {
    if (!local.running.isEmpty()) {
      world.story.tell("containers of " + local.pod + " have ended");
    }
    end(local);
    pods.remove(local.pod.uid());
    if (driver != null && local.gone) {
      // The kubelet compares what is prepared with its pods now and then.
      long pause = random.nextInt(4) == 0 ? random.nextLong(60 * VirtualTime.SECOND) : 0;
      world.timeline.after(pause, kubelet, () -> released(local.pod, () -> {}));
    } else {
      released(local.pod, () -> report(local));
    }
  }

  private void report(Local local) {
    PodObject now = world.control.current(local.pod);
    if (now != null && now.isTerminating()) {
      if (local.started) {
        world.control.report(now, now.isOver() ? "Succeeded" : "Running", "terminated");
      }
      world.timeline.after(
          VirtualTime.MILLI + random.nextLong(300 * VirtualTime.MILLI),
          kubelet,
          () -> remove(local.pod));
    }
  }

  private void remove(PodObject pod) {
    PodObject now = world.control.current(pod);
    if (now != null) {
      world.control.delete(now, 0, "its kubelet is done with it");
    }
  }

  private void end(Local local) {
    local.running.clear();
    world.oracle.changed(this);
  }

  /** Every container that runs here, whether its pod is still in the API or not. */
  List<SimulatedContainer> running() {
    List<SimulatedContainer> all = new ArrayList<>();
    pods.values().forEach(local -> all.addAll(local.running));
    return all;
  }

  /** Whether the kubelet has begun with the containers of a pod, or has done with it. */
  boolean hasStarted(String uid) {
    Local local = pods.get(uid);
    return local != null && (!local.running.isEmpty() || local.stopping);
  }

  /** The machine goes down and comes back; what its cards are called may change. */
  void reboot(boolean renumber) {
    world.story.tell(name + " reboots" + (renumber ? ", and its GPUs are numbered anew" : ""));
    for (Local local : List.copyOf(pods.values())) {
      local.running.clear();
      local.starts++;
      if (local.gone || local.stopping) {
        continue;
      }
      startSoon(local, 2 * VirtualTime.SECOND + random.nextLong(10 * VirtualTime.SECOND));
    }
    if (renumber) {
      for (int i = gpus.size() - 1; i > 0; i--) {
        gpus.add(gpus.remove(random.nextInt(i + 1)));
      }
    }
    if (driver != null) {
      driver.boot();
    }
    world.oracle.changed(this);
    kubelet.pause();
    world.timeline.after(
        20 * VirtualTime.SECOND + random.nextLong(40 * VirtualTime.SECOND),
        null,
        () -> {
          kubelet.resume(world.timeline);
          agent.publishSoon();
        });
  }

  /** A card falls off the bus: what ran on it crashes, and those behind it move up. */
  void loseGpu() {
    if (gpus.size() < 2) {
      return;
    }
    if (agent.way() == InventoryAgent.Way.LABELS) {
      // Indexes are counted anew when the driver is loaded, not under containers that run.
      reboot(false);
    }
    Gpu gpu = gpus.remove(random.nextInt(gpus.size()));
    lost.add(gpu);
    world.story.tell(name + " loses " + gpu);
    crash(gpu);
    agent.publishSoon();
  }

  private void crash(Gpu gpu) {
    for (Local local : List.copyOf(pods.values())) {
      boolean hit =
          local.running.stream()
              .anyMatch(each -> each.touches().stream().anyMatch(t -> t.gpu() == gpu));
      if (hit) {
        local.running.clear();
        local.starts++;
        if (!local.stopping && !local.gone) {
          startSoon(local, 5 * VirtualTime.SECOND + random.nextLong(10 * VirtualTime.SECOND));
        }
      }
    }
    world.oracle.changed(this);
  }

  /** Cards that were lost come back, each at some place. */
  void regainGpus() {
    if (!lost.isEmpty() && agent.way() == InventoryAgent.Way.LABELS) {
      reboot(false);
    }
    for (Gpu gpu : lost) {
      gpus.add(random.nextInt(gpus.size() + 1), gpu);
      world.story.tell(name + " regains " + gpu);
    }
    if (!lost.isEmpty()) {
      lost.clear();
      agent.publishSoon();
    }
  }

  /** Another card is put in the place of one. */
  void swapGpu() {
    int place = random.nextInt(gpus.size());
    Gpu old = gpus.get(place);
    reboot(false);
    Gpu fresh = new Gpu("GPU-%s-%02d".formatted(name, ++generation), old.model());
    if (old.isCut()) {
      fresh.cut(random.nextInt(fresh.model().layouts.size()), generation);
    }
    fresh.offer(old.offer());
    gpus.set(place, fresh);
    if (driver != null) {
      driver.boot();
    }
    world.story.tell(name + " has " + fresh + " in the place of " + old);
  }

  /** Cuts a card anew, if no process uses it. */
  void recut() {
    for (Gpu gpu : gpus) {
      boolean used =
          running().stream()
              .anyMatch(each -> each.touches().stream().anyMatch(t -> t.gpu() == gpu));
      boolean prepared = driver != null && driver.hasPrepared(gpu);
      if (gpu.isCut() && !used && !prepared) {
        gpu.cut(random.nextInt(gpu.model().layouts.size()), ++generation);
        world.story.tell(name + " cuts " + gpu + " anew: " + gpu.instances());
        agent.publishSoon();
        return;
      }
    }
  }
}
