package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.cluster.kubernetes.calling.Resource;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.team.TeamFigures;
import gpu.kerf.extender.team.TeamReading;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.model.budget.BudgetBalance;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the status of Teams: whether they are in force, and what they have. It is written by
 * server-side apply with one field manager, so that what others write into the status stays. A
 * status is written when it is another one, at most every two seconds for a team, and at a bounded
 * rate for all of them.
 *
 * <p>Used on the thread that owns the ledger.
 */
public final class TeamStatusWriter {
  private static final Logger LOG = LoggerFactory.getLogger(TeamStatusWriter.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MANAGER = "kerf";
  private static final long GAP_MILLIS = 2_000;
  private static final long LONGEST_PAUSE_MILLIS = 60_000;
  private static final int PER_SECOND = 20;
  private static final int BURST = 20;
  private static final int NOT_FOUND = 404;

  private final RequestPool requests;
  private final Executor loop;
  private final Clocks clocks;
  private final Announcer announcer;

  /** Those whose last write is longest ago are first. */
  private final Map<String, Known> teams = new LinkedHashMap<>();

  /** Null on a replica that has none: the figures that it read stand. */
  private @Nullable TeamFigures figures;

  private double allowed = BURST;
  private long allowedAt;

  /** What is known of the status of one Team. */
  private static final class Known {
    private final String uid;
    private TeamStatus written;
    private TeamStatus wanted;
    private int failures;
    private long notBefore = Long.MIN_VALUE;
    private boolean inFlight;

    Known(String uid, TeamStatus written) {
      this.uid = uid;
      this.written = written;
      this.wanted = written;
    }

    boolean isDue(long now) {
      return !inFlight && now >= notBefore && !wanted.equals(written);
    }
  }

  /** Is told what users of a team must hear once. */
  @FunctionalInterface
  public interface Announcer {
    /** A team has used so much of its budget; it was not told of that in this period. */
    void reached(String team, String uid, BudgetBalance.Level level, String text);
  }

  public TeamStatusWriter(RequestPool requests, Executor loop, Clocks clocks, Announcer announcer) {
    this.announcer = announcer;
    this.requests = requests;
    this.loop = loop;
    this.clocks = clocks;
    this.allowedAt = clocks.elapsedMillis();
  }

  /** The Teams there are, and what became of them. */
  public void accepted(AcceptedTeams accepted, Collection<TeamReading> readings) {
    Set<String> there = new HashSet<>();
    for (TeamReading team : readings) {
      there.add(team.name());
      Known known = teams.get(team.name());
      TeamStatus read = TeamStatus.read(team.status());
      if (known == null || !known.uid.equals(team.uid())) {
        known = new Known(team.uid(), read);
        teams.put(team.name(), known);
      } else if (figures == null) {
        // Another replica may have written them.
        known.written = known.written.withFiguresOf(read);
        known.wanted = known.wanted.withFiguresOf(read);
      }
      known.wanted = known.wanted.with(accepted.acceptances().get(team.name()), clocks.wall());
    }
    teams.keySet().retainAll(there);
    if (figures != null) {
      figures(figures);
    }
    tick();
  }

  /** What the teams have now. */
  public void figures(TeamFigures now) {
    figures = now;
    teams.forEach((name, known) -> known.wanted = known.wanted.with(now.teams().get(name)));
    tick();
  }

  /** Writes those that are due; to be called now and then. */
  public void tick() {
    long now = clocks.elapsedMillis();
    allowed = Math.min(BURST, allowed + Math.max(0, now - allowedAt) / 1e3 * PER_SECOND);
    allowedAt = now;
    Map<String, Known> started = new HashMap<>();
    for (Map.Entry<String, Known> each : teams.entrySet()) {
      if (allowed < 1) {
        break;
      }
      if (each.getValue().isDue(now)) {
        allowed--;
        started.put(each.getKey(), each.getValue());
      }
    }
    started.forEach(
        (name, known) -> {
          teams.remove(name);
          teams.put(name, known);
          write(name, known, now);
        });
  }

  private void write(String name, Known known, long now) {
    TeamStatus status = known.wanted;
    known.inFlight = true;
    known.notBefore = now + GAP_MILLIS;
    requests
        .start(server -> send(server, name, known.uid, status))
        .handleAsync((reply, failure) -> written(name, known, status, reply, failure), loop);
  }

  private static ApiReply send(ApiServer server, String name, String uid, TeamStatus status)
      throws IOException {
    ObjectNode body = JSON.createObjectNode().put("apiVersion", "kerf.gpu/v1alpha1");
    body.put("kind", "Team").putObject("metadata").put("name", name).put("uid", uid);
    body.set("status", status.json());
    String path = Resource.TEAMS.path() + "/" + ApiRequest.segment(name) + "/status";
    return server.send(ApiRequest.apply(path, MANAGER, body.toString()));
  }

  private boolean written(
      String name,
      Known known,
      TeamStatus status,
      @Nullable ApiReply reply,
      @Nullable Throwable failure) {
    known.inFlight = false;
    boolean gone = reply != null && reply.status() == NOT_FOUND;
    if (gone || (reply != null && reply.ok())) {
      known.failures = 0;
      BudgetBalance.Level level = status.reachedSince(known.written);
      known.written = status;
      if (level != null && !gone) {
        announcer.reached(name, known.uid, level, status.budgetText());
      }
      return true;
    }
    known.failures++;
    known.notBefore =
        clocks.elapsedMillis()
            + Math.min(GAP_MILLIS << Math.min(known.failures, 10), LONGEST_PAUSE_MILLIS);
    LOG.atWarn()
        .addKeyValue(LogKeys.RESOURCE, "team " + name)
        .addKeyValue(LogKeys.PROBLEM, reply == null ? Objects.toString(failure) : reply.problem())
        .log("The status of a team could not be written.");
    return false;
  }
}
