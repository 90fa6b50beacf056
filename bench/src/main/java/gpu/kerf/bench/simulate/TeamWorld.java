package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** What a simulation with Teams and gangs has beside one without. */
final class TeamWorld {
  private final Around around;
  private final SplittableRandom random;
  private final TurnWebhook webhook;
  private final TeamAdmin admin;
  private final GangUsers users;
  private final TeamObjects teams;
  private final TeamOracle oracle;
  private final ReclaimOracle reclaims;
  private final GpuParts parts;
  private boolean killsInGang;

  /** What it stands in. */
  record Around(
      VirtualTime timeline,
      ApiStore store,
      Story story,
      PodControl control,
      List<SimulatedNode> nodes,
      List<Replica> replicas,
      SchedulerPair schedulers) {}

  TeamWorld(Around around, SplittableRandom random) {
    this.around = around;
    this.random = random;
    VirtualTime timeline = around.timeline;
    ApiStore store = around.store;
    int gpus = around.nodes.stream().mapToInt(node -> node.gpus().size()).sum();
    this.webhook = new TurnWebhook(store, random.split());
    this.admin = new TeamAdmin(timeline, store, around.story, random.split(), gpus);
    ReplicaSets owners = new ReplicaSets(timeline, store, random.split(), "member-");
    this.users = new GangUsers(timeline, store, around.control, owners, random.split());
    this.parts = new GpuParts(around.nodes);
    this.teams = new TeamObjects(timeline, store);
    this.oracle = new TeamOracle(timeline, store, teams, parts);
    this.reclaims = new ReclaimOracle(timeline, store, teams, parts);
    store.admitPods(
        pod -> {
          users.mark(pod);
          webhook.admit(pod);
        });
    store.listen(this::heard);
  }

  /** The manifests have the Lease. */
  void start() {
    ObjectNode lease = Stored.JSON.createObjectNode();
    lease.putObject("metadata").put("name", "kerf-turns").put("namespace", Replica.NAMESPACE);
    around.store.create(ObjectKind.LEASE, lease);
    admin.start();
    users.start();
  }

  /** A replica evicts a pod. */
  void evicts(PodObject pod) {
    reclaims.evicts(pod);
  }

  void inject(Fault fault) {
    around.story.tell(fault.word());
    if (fault == Fault.KILLED_IN_GANG) {
      killsInGang = true;
    } else {
      webhook.setAbsent(true);
      long how = random.nextLong(60 * VirtualTime.SECOND);
      around.timeline.after(how, null, () -> webhook.setAbsent(false));
    }
  }

  void heal() {
    killsInGang = false;
    webhook.setAbsent(false);
  }

  /** Nothing new comes; or it may again. */
  void calm(boolean on) {
    admin.calm(on);
    users.calm(on);
    if (!on) {
      reclaims.calm(false);
    }
  }

  /** All have heard by now that all is well. */
  void settled() {
    reclaims.calm(true);
  }

  private void heard(ApiStore.Change change) {
    Stored before = change.before();
    Stored after = change.after();
    if (change.kind() != ObjectKind.POD || before == null || after == null) {
      return;
    }
    PodObject pod = after.pod();
    if (killsInGang && pod.isBound() && !before.pod().isBound() && !pod.gang().isEmpty()) {
      killsInGang = false;
      long pause = random.nextLong(3 * VirtualTime.MILLI);
      around.timeline.after(pause, null, () -> killOne(pod));
    }
  }

  private void killOne(@Nullable PodObject bound) {
    around.story.tell("killed-in-gang: as " + bound + " is bound");
    if (random.nextInt(3) == 0) {
      around.schedulers.killLeader();
    } else {
      around.replicas.get(random.nextInt(around.replicas.size())).kill();
    }
  }

  TeamObjects teams() {
    return teams;
  }

  TeamOracle oracle() {
    return oracle;
  }

  ReclaimOracle reclaims() {
    return reclaims;
  }

  GpuParts parts() {
    return parts;
  }
}
