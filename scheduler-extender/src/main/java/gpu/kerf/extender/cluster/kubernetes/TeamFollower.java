package gpu.kerf.extender.cluster.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.Resource;
import gpu.kerf.extender.cluster.kubernetes.objects.NamespaceSink;
import gpu.kerf.extender.cluster.kubernetes.objects.TeamSink;
import gpu.kerf.extender.cluster.kubernetes.watching.ResourceWatch;
import gpu.kerf.extender.team.AcceptedTeams;
import gpu.kerf.extender.team.KaiQueues;
import gpu.kerf.extender.team.TeamAcceptor;
import gpu.kerf.extender.team.TeamReading;
import gpu.kerf.extender.team.TeamSource;
import gpu.kerf.extender.telemetry.LogKeys;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the teams of a cluster, where it has any.
 *
 * <p>It looks at intervals whether the API server knows Teams at all, which every account may. Only
 * then it watches them, and only while there are some it watches namespaces. Nothing waits for it:
 * a cluster that has no Teams, or does not show them, is served as ever.
 *
 * <p>{@link #run} looks, on a thread of its own; all else is done on the thread that owns the
 * ledger.
 */
final class TeamFollower implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(TeamFollower.class);

  /** After how long it looks again whether there are Teams. */
  static final Duration LOOK = Duration.ofSeconds(30);

  private static final int NOT_FOUND = 404;

  /** An API server that starts may not know its kinds for a moment. */
  private static final int LOOKS_UNTIL_GONE = 2;

  private final Resource resource;
  private final TeamSource source;
  private final ResourceWatch.Shared shared;
  private final WatchStarter starter;
  private final TeamsListener listener;
  private final Duration pause;
  private volatile @Nullable FollowedTeams teams;
  private volatile @Nullable FollowedNamespaces namespaces;
  private volatile boolean stopped;
  private volatile boolean looked;
  private boolean isKnown;
  private int looksInVain;
  private boolean changed;
  private AcceptedTeams told = AcceptedTeams.NONE;

  /** A watch and what it has brought: each watch begins with nothing. */
  private record FollowedTeams(TeamSink sink, ResourceWatch<TeamReading> watch) {}

  private record FollowedNamespaces(NamespaceSink sink, ResourceWatch<Map<String, String>> watch) {}

  /** Starts a watch on a thread of its own, which may end when the watch was stopped. */
  interface WatchStarter {
    void start(ResourceWatch<?> watch);
  }

  /** Is told when the teams have become others. */
  interface TeamsListener {
    void teamsChanged(AcceptedTeams teams, Collection<TeamReading> readings);
  }

  /**
   * @param pause after how long it looks again
   */
  TeamFollower(
      TeamSource source,
      ResourceWatch.Shared shared,
      WatchStarter starter,
      TeamsListener listener,
      Duration pause) {
    this.source = source;
    this.resource = source == TeamSource.KAI ? Resource.QUEUES : Resource.TEAMS;
    this.shared = shared;
    this.starter = starter;
    this.listener = listener;
    this.pause = pause;
  }

  @Override
  public void run() {
    while (!stopped) {
      try {
        look();
      } catch (IOException e) {
        LOG.debug("Whether there are Teams is not known: {}", e.getMessage());
      }
      try {
        shared.threads().sleep(pause);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void look() throws IOException {
    boolean served = isServed();
    looked |= !served;
    FollowedTeams known = teams;
    looksInVain = served ? 0 : looksInVain + 1;
    if (served && known == null) {
      FollowedTeams begun = begin();
      teams = begun;
      starter.start(begun.watch);
    } else if (known != null && looksInVain >= LOOKS_UNTIL_GONE) {
      LOG.atInfo()
          .addKeyValue(LogKeys.RESOURCE, resource.word())
          .log("This cluster does not know a kind of object any more.");
      known.watch.stop();
      teams = null;
    }
  }

  private FollowedTeams begin() {
    TeamSink sink =
        new TeamSink(
            source == TeamSource.KAI ? KaiQueues::read : TeamReading::of, () -> changed = true);
    return new FollowedTeams(sink, new ResourceWatch<>(resource, sink, shared));
  }

  /** Whether the API server knows the kind, as far as it says so. */
  private boolean isServed() throws IOException {
    String path = resource.path();
    String version = path.substring(0, path.lastIndexOf('/'));
    ApiReply reply = shared.server().send(ApiRequest.get(version, Map.of()));
    if (reply.status() == NOT_FOUND) {
      return false;
    }
    if (reply.status() >= 500) {
      throw new IOException(reply.problem());
    }
    if (!reply.ok()) {
      // It does not let this account look: the watch will say whether there are any.
      return true;
    }
    for (JsonNode kind : reply.details().path("resources")) {
      if (path.endsWith("/" + kind.path("name").asText(""))) {
        return true;
      }
    }
    return false;
  }

  /** Tells what has changed; to be called now and then. */
  void tick() {
    FollowedTeams known = teams;
    boolean unheard = known == null ? !looked : !known.watch.listed() || known.watch.isAbsent();
    if (unheard) {
      return;
    }
    Collection<TeamReading> readings = known == null ? List.of() : known.sink.teams();
    if (readings.isEmpty()) {
      stopNamespaces();
      tell(AcceptedTeams.NONE, readings);
      isKnown = true;
      return;
    }
    Map<String, Map<String, String>> labels = labels();
    if (labels != null && changed) {
      changed = false;
      tell(TeamAcceptor.accept(source, readings, told, labels), readings);
    }
    isKnown |= labels != null;
  }

  /** Whether the listener has been told which teams there are, or there are none. */
  boolean isKnown() {
    return isKnown;
  }

  /** The labels of namespaces; null until they are known. */
  private @Nullable Map<String, Map<String, String>> labels() {
    if (source != TeamSource.KERF) {
      return Map.of();
    }
    FollowedNamespaces known = namespaces;
    if (known == null) {
      NamespaceSink sink = new NamespaceSink(() -> changed = true);
      known = new FollowedNamespaces(sink, new ResourceWatch<>(Resource.NAMESPACES, sink, shared));
      namespaces = known;
      changed = true;
      starter.start(known.watch);
    }
    return known.watch.listed() ? known.sink.labels() : null;
  }

  private void stopNamespaces() {
    FollowedNamespaces known = namespaces;
    if (known != null) {
      known.watch.stop();
      namespaces = null;
    }
  }

  /** What the listener could not take in is told again. */
  private void tell(AcceptedTeams now, Collection<TeamReading> readings) {
    if (now.isSameAs(told)) {
      return;
    }
    try {
      listener.teamsChanged(now, readings);
      told = now;
    } catch (RuntimeException e) {
      changed = true;
      LOG.error("The teams of the cluster could not be taken in.", e);
    }
  }

  /** The watches that there are now. */
  List<ResourceWatch<?>> watches() {
    List<ResourceWatch<?>> watches = new ArrayList<>(2);
    FollowedTeams ofTeams = teams;
    if (ofTeams != null) {
      watches.add(ofTeams.watch);
    }
    FollowedNamespaces ofNamespaces = namespaces;
    if (ofNamespaces != null) {
      watches.add(ofNamespaces.watch);
    }
    return watches;
  }

  /** Hears nothing more. */
  void stop() {
    stopped = true;
    watches().forEach(ResourceWatch::stop);
  }
}
