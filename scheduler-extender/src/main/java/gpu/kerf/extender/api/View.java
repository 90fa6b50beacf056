package gpu.kerf.extender.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.MissingPart;
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
import java.util.Collection;
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
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Scheduling scheduling;
  private final FleetFigures figures;
  private final LiveSettings settings;
  private final About about;
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
  private final FreshBytes fleetBytes;
  private final FreshBytes teamsBytes;

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
    figures.onChange(changed::add);
    this.explainer =
        new Explainer(scheduling.fleet(), () -> scheduling.chooser().placer().prices());
    this.fleet = new FleetJson(scheduling, figures);
    this.nodes = new NodeJson(scheduling, figures::usual);
    Changes changes = new Changes(explainer, nanos);
    this.pods = new PodsJson(scheduling, changes);
    this.podsText = new PodsText(scheduling, changes);
    this.decisions = new DecisionsJson(scheduling.decisions());
    this.fleetBytes = new FreshBytes(nanos, fleet::render);
    this.teamsBytes =
        new FreshBytes(nanos, viewer -> teams.all(new SeenTeams(viewer).of(source.picture())));
  }

  public byte[] fleet(Viewer viewer) {
    return fleetBytes.of(viewer);
  }

  /** A node, or null if there is none of this name. */
  public byte @Nullable [] node(Viewer viewer, String name) {
    return nodes.one(name, viewer);
  }

  public byte[] nodes(Viewer viewer, List<String> names) {
    return nodes.many(names, viewer);
  }

  public byte[] pods(Viewer viewer, PodsJson.Query query) {
    return pods.render(query, viewer);
  }

  public String podsText(Viewer viewer, PodsJson.Query query) {
    return podsText.render(query, viewer);
  }

  public byte[] decisions(Viewer viewer, int limit, String uid) {
    return decisions.render(limit, uid, viewer);
  }

  /** All teams, each with the first of its line. */
  public byte[] teams(Viewer viewer) {
    return teamsBytes.of(viewer);
  }

  /** A team with its line, or null if there is none of this name. */
  public byte @Nullable [] team(Viewer viewer, String name, int limit) {
    SeenTeams seen = new SeenTeams(viewer);
    return teams.one(seen.of(source.picture()), name, seen.line(source.line(name, limit)));
  }

  public String teamsText(Viewer viewer) {
    return TeamsText.all(new SeenTeams(viewer).of(source.picture()), scheduling.wallMillis());
  }

  /** A team with its line, or null if there is none of this name. */
  public @Nullable String teamText(Viewer viewer, String name, int limit) {
    SeenTeams seen = new SeenTeams(viewer);
    return TeamsText.one(
        seen.of(source.picture()),
        name,
        seen.line(source.line(name, limit)),
        scheduling.wallMillis());
  }

  public byte[] timeline(Viewer viewer) {
    return timeline.render(viewer);
  }

  /** Problems name nodes and pods of all teams. */
  public byte[] status(Viewer viewer) {
    Collection<String> problems =
        viewer.seesAll() ? scheduling.problems().values() : List.<String>of();
    List<MissingPart> missing =
        viewer.seesAll() ? about.cluster().missingParts() : List.<MissingPart>of();
    return StatusJson.render(about, settings, problems, missing);
  }

  /** What would become of a pod; the parser reads its manifest. */
  public byte[] explain(Viewer viewer, JsonParser manifest) {
    try {
      return MAPPER.writeValueAsBytes(ExplanationJson.of(explanation(viewer, manifest)));
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  private Explanation explanation(Viewer viewer, JsonParser manifest) {
    try {
      Reading reading = scheduling.read(PodReader.readDocument(manifest));
      Explanation explanation =
          reading.isNonsense()
              ? Explanation.refused(reading.problems())
              : explained(viewer, reading.demand());
      return explanation.in(reading.dialect());
    } catch (WireException nonsense) {
      return Explanation.refused(List.of(String.valueOf(nonsense.getMessage())));
    }
  }

  private Explanation explained(Viewer viewer, PodDemand demand) {
    Explanation explanation = explainer.explain(demand);
    return explanation.best() == null
        ? explanation.waitingFor(QuarantineJson.holding(scheduling, explainer, demand, viewer))
        : explanation;
  }

  /** Adds the present moment to the timeline; the point, to be told to those who listen. */
  public FillHistory.Point tick() {
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
    return point;
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
  public static byte[] decision(Viewer viewer, Decision decision) {
    return DecisionsJson.one(decision, viewer);
  }
}
