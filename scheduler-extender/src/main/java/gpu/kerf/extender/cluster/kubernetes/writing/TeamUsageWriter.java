package gpu.kerf.extender.cluster.kubernetes.writing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.cluster.kubernetes.calling.Resource;
import gpu.kerf.extender.team.TeamReading;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.model.usage.UsageCheckpoint;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what teams have used in the status of Teams, by server-side apply with a field manager of
 * its own: the other parts of the status are written by every replica, this one by the replica that
 * gives turns, or by those that know of no such replica.
 *
 * <p>A few requests are under way at once; what waits for them is replaced by what is newer. What
 * could not be written is written again after a while, unless something newer has been.
 *
 * <p>Used on the thread that owns the ledger.
 */
public final class TeamUsageWriter {
  private static final Logger LOG = LoggerFactory.getLogger(TeamUsageWriter.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MANAGER = "kerf-usage";
  private static final int MOST_UNDER_WAY = 2;
  private static final long PAUSE_MILLIS = 5_000;

  private final RequestPool requests;
  private final Executor loop;
  private final Clocks clocks;
  private final Map<String, String> uids = new HashMap<>();

  /** What waits to be written, the longest first. */
  private final Map<String, UsageCheckpoint> waiting = new LinkedHashMap<>();

  /** What could not be written. */
  private final Map<String, Failed> failed = new HashMap<>();

  private final List<CompletableFuture<Void>> whenAllIsWritten = new ArrayList<>();
  private int underWay;
  private long nextTry;
  private boolean troubled;

  /** Of another Team of the same name it says nothing. */
  private record Failed(String uid, UsageCheckpoint usage) {}

  public TeamUsageWriter(RequestPool requests, Executor loop, Clocks clocks) {
    this.requests = requests;
    this.loop = loop;
    this.clocks = clocks;
    this.nextTry = clocks.elapsedMillis();
  }

  /** The Teams that there are; what their statuses say was used, by their names. */
  public Map<String, UsageCheckpoint> read(Collection<TeamReading> teams) {
    uids.clear();
    Map<String, UsageCheckpoint> usage = new HashMap<>();
    for (TeamReading team : teams) {
      uids.put(team.name(), team.uid());
      try {
        UsageCheckpoint read = TeamUsageStatus.read(team.status());
        if (read != null) {
          usage.put(team.name(), read);
        }
      } catch (IllegalArgumentException e) {
        LOG.atWarn()
            .addKeyValue(LogKeys.RESOURCE, "team " + team.name())
            .addKeyValue(LogKeys.PROBLEM, e.getMessage())
            .log("What a team had used cannot be read; it begins with nothing.");
      }
    }
    return usage;
  }

  /** Writes it as soon as it can be; completes when nothing waits any more. */
  public CompletionStage<Void> write(Map<String, UsageCheckpoint> usage) {
    waiting.putAll(usage);
    failed.keySet().removeAll(usage.keySet());
    CompletableFuture<Void> written = new CompletableFuture<>();
    whenAllIsWritten.add(written);
    goOn();
    return written;
  }

  /** Tries again what could not be written; to be called now and then. */
  public void tick() {
    if (failed.isEmpty() || clocks.elapsedMillis() - nextTry < 0) {
      return;
    }
    nextTry = clocks.elapsedMillis() + PAUSE_MILLIS;
    failed.forEach(
        (team, each) -> {
          if (each.uid.equals(uids.get(team))) {
            waiting.putIfAbsent(team, each.usage);
          }
        });
    failed.clear();
    goOn();
  }

  private void goOn() {
    while (underWay < MOST_UNDER_WAY && !waiting.isEmpty()) {
      String team = waiting.keySet().iterator().next();
      UsageCheckpoint usage = Objects.requireNonNull(waiting.remove(team));
      String uid = uids.get(team);
      if (uid != null) {
        underWay++;
        requests
            .start(server -> send(server, team, uid, usage))
            .handleAsync(
                (reply, failure) -> written(team, new Failed(uid, usage), reply, failure), loop);
      }
    }
    if (underWay == 0) {
      List<CompletableFuture<Void>> done = List.copyOf(whenAllIsWritten);
      whenAllIsWritten.clear();
      done.forEach(each -> each.complete(null));
    }
  }

  private static ApiReply send(ApiServer server, String team, String uid, UsageCheckpoint usage)
      throws IOException {
    ObjectNode body = JSON.createObjectNode().put("apiVersion", "kerf.gpu/v1alpha1");
    body.put("kind", "Team").putObject("metadata").put("name", team).put("uid", uid);
    body.putObject("status").set("usage", TeamUsageStatus.json(usage));
    String path = Resource.TEAMS.path() + "/" + ApiRequest.segment(team) + "/status";
    return server.send(ApiRequest.apply(path, MANAGER, body.toString()));
  }

  private boolean written(
      String team, Failed tried, @Nullable ApiReply reply, @Nullable Throwable failure) {
    underWay--;
    boolean ok = reply != null && reply.ok();
    if (ok) {
      troubled = false;
    } else if (!waiting.containsKey(team)) {
      failed.put(team, tried);
    }
    if (!ok && !troubled) {
      // Once, and not for each team every few seconds.
      troubled = true;
      LOG.atWarn()
          .addKeyValue(LogKeys.RESOURCE, "team " + team)
          .addKeyValue(LogKeys.PROBLEM, reply == null ? Objects.toString(failure) : reply.problem())
          .log("What teams have used cannot be written; Kerf tries again.");
    }
    goOn();
    return ok;
  }
}
