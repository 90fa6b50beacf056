package gpu.kerf.extender.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.dialect.Reading;
import gpu.kerf.extender.explain.Explainer;
import gpu.kerf.extender.explain.Explanation;
import gpu.kerf.extender.explain.ExplanationJson;
import gpu.kerf.extender.settings.LiveSettings;
import gpu.kerf.extender.state.Decision;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.telemetry.FleetFigures;
import gpu.kerf.extender.turn.TeamsSource;
import gpu.kerf.extender.wire.PodReader;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Entry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Every document of {@code /api/v1}. A document that reads the whole fleet is made at most once a
 * second, for any number of requests.
 */
public final class View {
  private static final long FRESH_NANOS = 1_000_000_000;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Scheduling scheduling;
  private final FleetFigures figures;
  private final LiveSettings settings;
  private final About about;
  private final LongSupplier nanos;
  private final FleetJson fleet;
  private final NodeJson nodes;
  private final PodsJson pods;
  private final PodsText podsText;
  private final DecisionsJson decisions;
  private final TeamsSource source;
  private final TeamsJson teams;
  private final FillHistory timeline = new FillHistory();
  private final Explainer explainer;
  private final Set<String> changed = new TreeSet<>();
  private byte @Nullable [] fleetBytes;
  private long fleetAt;
  private byte @Nullable [] teamsBytes;
  private long teamsAt;

  /** What it must be told of the service. */
  public record About(
      String version,
      String mode,
      Cluster cluster,
      BooleanSupplier ready,
      LongSupplier uptimeMillis) {}

  public View(
      Scheduling scheduling,
      FleetFigures figures,
      LiveSettings settings,
      About about,
      TeamsSource source,
      LongSupplier nanos) {
    this.scheduling = scheduling;
    this.figures = figures;
    this.settings = settings;
    this.about = about;
    this.source = source;
    this.teams = new TeamsJson(scheduling::wallMillis);
    this.nanos = nanos;
    figures.onChange(changed::add);
    this.explainer =
        new Explainer(scheduling.fleet(), () -> scheduling.chooser().placer().prices());
    this.fleet = new FleetJson(scheduling, figures);
    this.nodes = new NodeJson(scheduling, figures::usual);
    Changes changes = new Changes(explainer, nanos);
    this.pods = new PodsJson(scheduling, changes);
    this.podsText = new PodsText(scheduling, changes);
    this.decisions = new DecisionsJson(scheduling.decisions());
  }

  public byte[] fleet() {
    long now = nanos.getAsLong();
    byte[] known = fleetBytes;
    if (known == null || now - fleetAt >= FRESH_NANOS) {
      known = fleet.render();
      fleetBytes = known;
      fleetAt = now;
    }
    return known;
  }

  /** A node, or null if there is none of this name. */
  public byte @Nullable [] node(String name) {
    return nodes.one(name);
  }

  public byte[] nodes(List<String> names) {
    return nodes.many(names);
  }

  public byte[] pods(PodsJson.Query query) {
    return pods.render(query);
  }

  public String podsText(PodsJson.Query query) {
    return podsText.render(query);
  }

  public byte[] decisions(int limit, String uid) {
    return decisions.render(limit, uid);
  }

  /** All teams, each with the first of its line. */
  public byte[] teams() {
    long now = nanos.getAsLong();
    byte[] known = teamsBytes;
    if (known == null || now - teamsAt >= FRESH_NANOS) {
      known = teams.all(source.picture());
      teamsBytes = known;
      teamsAt = now;
    }
    return known;
  }

  /** A team with its line, or null if there is none of this name. */
  public byte @Nullable [] team(String name, int limit) {
    return teams.one(source.picture(), name, source.line(name, limit));
  }

  public String teamsText() {
    return TeamsText.all(source.picture(), scheduling.wallMillis());
  }

  /** A team with its line, or null if there is none of this name. */
  public @Nullable String teamText(String name, int limit) {
    return TeamsText.one(source.picture(), name, source.line(name, limit), scheduling.wallMillis());
  }

  public byte[] timeline() {
    return timeline.render();
  }

  public byte[] status() {
    return StatusJson.render(about, settings, scheduling.problems().values());
  }

  /** What would become of a pod; the parser reads its manifest. */
  public byte[] explain(JsonParser manifest) {
    try {
      return MAPPER.writeValueAsBytes(ExplanationJson.of(explanation(manifest)));
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  private Explanation explanation(JsonParser manifest) {
    try {
      Reading reading = scheduling.read(PodReader.readDocument(manifest));
      Explanation explanation =
          reading.isNonsense()
              ? Explanation.refused(reading.problems())
              : explained(reading.demand());
      return explanation.in(reading.dialect());
    } catch (WireException nonsense) {
      return Explanation.refused(List.of(String.valueOf(nonsense.getMessage())));
    }
  }

  private Explanation explained(PodDemand demand) {
    Explanation explanation = explainer.explain(demand);
    return explanation.best() == null
        ? explanation.waitingFor(QuarantineJson.holding(scheduling, explainer, demand))
        : explanation;
  }

  /** Adds the present moment to the timeline; the point, to be told to those who listen. */
  public byte[] tick() {
    figures.refresh();
    int bound = 0;
    for (Entry entry : scheduling.ledger().entries()) {
      bound += entry.state() == Entry.State.PROPOSED ? 0 : 1;
    }
    int pending = (int) scheduling.pods().all().stream().filter(Pending::is).count();
    var total = figures.total();
    FillHistory.Point point =
        new FillHistory.Point(
            scheduling.wallMillis(),
            total.capacityMiB(),
            total.heldMiB(),
            total.strandedMiB(),
            pending,
            bound);
    timeline.add(point);
    return point.render();
  }

  /**
   * The nodes that changed since the last call, as an object with their names; null if none did.
   */
  public byte @Nullable [] changedNodes() {
    figures.refresh();
    if (changed.isEmpty()) {
      return null;
    }
    List<String> names = List.copyOf(changed);
    changed.clear();
    return Json.object(
        out -> {
          out.writeArrayFieldStart("names");
          for (String name : names) {
            out.writeString(name);
          }
          out.writeEndArray();
        });
  }

  /** A pod on a node has changed in a way that its GPUs do not show: it is bound now. */
  public void touched(String node) {
    changed.add(node);
  }

  /** One decision as it stands in the list. */
  public static byte[] decision(Decision decision) {
    return DecisionsJson.one(decision);
  }
}
