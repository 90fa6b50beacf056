package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Two kube-schedulers, each beside its own replica of Kerf, that elect a leader by a lease. A
 * leader that could not renew in time ends, and is started again; one that slept past its lease
 * goes on until then beside the next leader.
 */
final class SchedulerPair {
  private static final long LEASE = 15 * VirtualTime.SECOND;
  private static final long RENEW_DEADLINE = 10 * VirtualTime.SECOND;
  private static final long RETRY = 2 * VirtualTime.SECOND;

  private final KubeScheduler.Environment environment;
  private final VirtualTime timeline;
  private final ApiStore store;
  private final SplittableRandom random;
  private final Story story;
  private final List<Seat> seats = new ArrayList<>();

  /** One of both, over all its lives. */
  private final class Seat {
    private final String name;
    private final Replica replica;
    private KubeScheduler scheduler;
    private int lives;
    private boolean leads;
    private boolean renewalsRefused;

    /** Since when it has tried in vain to renew; negative while it can. */
    private long failing = -1;

    private long observed = -1;
    private long observedAt;

    Seat(Replica replica) {
      this.replica = replica;
      this.name = "scheduler-" + replica.name();
      this.scheduler = make();
    }

    private KubeScheduler make() {
      return new KubeScheduler(
          new SimulatedProcess(name + "." + ++lives), environment, replica, random.split());
    }

    void start() {
      leads = false;
      failing = -1;
      observed = -1;
      scheduler.start();
      elect(scheduler);
    }

    private void elect(KubeScheduler mine) {
      if (leads) {
        renew(mine);
      } else {
        tryToLead(mine);
      }
    }

    private void again(KubeScheduler mine) {
      timeline.after(RETRY + random.nextLong(RETRY / 5), mine.process(), () -> elect(mine));
    }

    private void renew(KubeScheduler mine) {
      Stored lease = store.get(ObjectKind.LEASE, "kube-system/kerf");
      boolean ours = lease != null && holder(lease).equals(mine.process().name());
      if (ours && !renewalsRefused) {
        failing = -1;
        write(lease, mine);
        again(mine);
        return;
      }
      // It goes on beside the next leader until it has tried for so long, as client-go does.
      failing = failing < 0 ? timeline.now() : failing;
      if (timeline.now() - failing >= RENEW_DEADLINE) {
        end(mine, "has lost its lease and ends");
      } else {
        again(mine);
      }
    }

    private void end(KubeScheduler mine, String how) {
      story.tell(mine.process() + " " + how);
      mine.process().die();
      mine.stop();
      scheduler = make();
      timeline.after(
          VirtualTime.SECOND + random.nextLong(3 * VirtualTime.SECOND), null, this::start);
    }

    private void tryToLead(KubeScheduler mine) {
      Stored lease = store.get(ObjectKind.LEASE, "kube-system/kerf");
      long version = lease == null ? 0 : lease.version();
      if (version != observed) {
        observed = version;
        observedAt = timeline.now();
      }
      boolean free = lease == null || timeline.now() - observedAt >= LEASE;
      if (free && !renewalsRefused) {
        write(lease, mine);
        leads = true;
        story.tell(mine.process() + " leads");
        mine.lead();
      }
      again(mine);
    }

    private void write(@Nullable Stored lease, KubeScheduler mine) {
      if (lease == null) {
        ObjectNode json = Stored.JSON.createObjectNode();
        json.putObject("metadata").put("name", "kerf").put("namespace", "kube-system");
        lease = store.create(ObjectKind.LEASE, json);
      }
      if (lease != null) {
        store.update(
            lease,
            json -> {
              ObjectNode spec = json.withObjectProperty("spec");
              spec.put("holderIdentity", mine.process().name());
              spec.put("renewTime", timeline.now());
            });
      }
    }
  }

  SchedulerPair(
      KubeScheduler.Environment environment, SplittableRandom random, List<Replica> replicas) {
    this.environment = environment;
    this.timeline = environment.timeline();
    this.store = environment.store();
    this.random = random;
    this.story = environment.story();
    replicas.forEach(replica -> seats.add(new Seat(replica)));
  }

  private static String holder(Stored lease) {
    return lease.json().path("spec").path("holderIdentity").asText("");
  }

  void start() {
    seats.forEach(Seat::start);
  }

  private @Nullable Seat leader() {
    return seats.stream().filter(seat -> seat.leads).findFirst().orElse(null);
  }

  /** The leader cannot renew for a while; another one leads then. */
  void refuseRenewals(long nanos) {
    Seat seat = leader();
    if (seat != null) {
      story.tell("leader-changes: " + seat.name + " cannot renew");
      seat.renewalsRefused = true;
      timeline.after(nanos, null, () -> seat.renewalsRefused = false);
    }
  }

  /** The leader is stopped, and goes on as if nothing had happened. */
  void pauseLeader(long nanos) {
    Seat seat = leader();
    if (seat != null) {
      pause(seat, nanos);
    }
  }

  /** The leader is killed, and is started again. */
  void killLeader() {
    Seat seat = leader();
    if (seat != null) {
      seat.end(seat.scheduler, "is killed");
    }
  }

  /** The one beside a replica is stopped. */
  void pause(Replica replica, long nanos) {
    for (Seat seat : seats) {
      if (seat.replica == replica) {
        pause(seat, nanos);
      }
    }
  }

  private void pause(Seat seat, long nanos) {
    SimulatedProcess process = seat.scheduler.process();
    if (!process.isPaused()) {
      story.tell(process + " is paused for " + FaultInjector.seconds(nanos));
      process.pause();
      timeline.after(nanos, null, () -> resume(process));
    }
  }

  private void resume(SimulatedProcess process) {
    if (!process.isDead() && process.isPaused()) {
      story.tell(process + " goes on");
      process.resume(timeline);
    }
  }

  void heal() {
    for (Seat seat : seats) {
      seat.renewalsRefused = false;
      resume(seat.scheduler.process());
    }
  }

  /** How a pod waits in the queue of the leader, for people. */
  String queueState(String uid) {
    Seat seat = leader();
    return seat == null ? "no scheduler leads" : String.valueOf(seat.scheduler.queueState(uid));
  }
}
