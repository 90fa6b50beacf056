package gpu.kerf.extender.turn;

import gpu.kerf.extender.dialect.Reading;
import gpu.kerf.extender.gang.MembershipReader;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.team.TeamSpec;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.team.GpuMeasure;
import gpu.kerf.model.team.TeamBook;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Says of a new pod whether it has to wait at a gate. A pod that may start already should have
 * none, because taking it off costs a request.
 *
 * <p>It reads what the loop has published last, and counts what it lets pass, so that a burst of
 * pods does not all find the same room. It may be wrong: filter decides again. Any thread may ask.
 */
public final class TurnForecast {

  private volatile @Nullable Published latest;

  /**
   * What the loop knew.
   *
   * @param free what no team holds, in thousandths of GPUs; nothing while work waits
   * @param room what each team may hold beside what it holds
   */
  private record Published(
      AcceptedTeams teams, GpuModels models, AtomicLong free, Map<String, AtomicLong> room) {}

  /** There are no teams: no pod waits. */
  void nothingWaits() {
    latest = null;
  }

  /** Publishes what the loop knows now. */
  void publish(AcceptedTeams teams, TeamBook book, GpuModels models) {
    Map<String, AtomicLong> room = new HashMap<>();
    for (String team : teams.inForce().keySet()) {
      room.put(team, new AtomicLong(book.room(team)));
    }
    long free = book.waitingWorks() > 0 ? 0 : book.free();
    latest = new Published(teams, copy(models), new AtomicLong(free), room);
  }

  /** The fleet's models are the loop's own. */
  private GpuModels copy(GpuModels models) {
    Published before = latest;
    if (before != null && before.models.size() == models.size()) {
      return before.models;
    }
    GpuModels copy = new GpuModels();
    for (int i = 0; i < models.size(); i++) {
      copy.indexOf(models.get(i));
    }
    return copy;
  }

  /** Whether a new pod has to wait. */
  public boolean waits(PodView pod, Reading reading) {
    Published now = latest;
    if (now == null || reading.isNonsense() || Lines.isOfKueue(pod)) {
      return false;
    }
    if (MembershipReader.read(pod) != null) {
      return true;
    }
    if (reading.demand().containers().isEmpty()) {
      return false;
    }
    if (pod.annotation(Annotations.EVICTABLE).equals("false")) {
      return true;
    }
    long amount = GpuMeasure.least(reading.demand(), now.models);
    return amount < 0 || !passes(now, pod, amount);
  }

  private static boolean passes(Published now, PodView pod, long amount) {
    if (now.free.addAndGet(-amount) < 0) {
      return false;
    }
    String team = now.teams.teamOf(pod);
    while (team != null) {
      AtomicLong room = now.room.get(team);
      if (room == null || room.addAndGet(-amount) < 0) {
        return false;
      }
      TeamSpec spec = now.teams.inForce().get(team);
      team = spec == null ? null : spec.parent();
    }
    return true;
  }
}
