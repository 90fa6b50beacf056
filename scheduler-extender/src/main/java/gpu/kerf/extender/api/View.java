package gpu.kerf.extender.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.admission.Admission;
import gpu.kerf.extender.admission.Answer;
import gpu.kerf.extender.cluster.Cluster;
import gpu.kerf.extender.cluster.MissingPart;
import gpu.kerf.extender.cluster.NodeRules;
import gpu.kerf.extender.cluster.PodRules;
import gpu.kerf.extender.dialect.Reading;
import gpu.kerf.extender.explain.Explainer;
import gpu.kerf.extender.explain.Explanation;
import gpu.kerf.extender.explain.ExplanationJson;
import gpu.kerf.extender.explain.ExplanationText;
import gpu.kerf.extender.explain.Manifests;
import gpu.kerf.extender.settings.LiveSettings;
import gpu.kerf.extender.settings.Settings;
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
import java.util.ArrayList;
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

  /** Each looks at every node, on the thread that answers kube-scheduler. */
  private static final int MOST_EXPLAINED = 20;

  private final Scheduling scheduling;
  private final FleetFigures figures;
  private final LiveSettings settings;
  private final About about;
  private final FleetJson fleet;
  private final FleetText fleetText;
  private final NodeJson nodes;
  private final NodeText nodeText;
  private final PodsJson pods;
  private final PodsText podsText;
  private final WaitingEvents waitingEvents;
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
      Admission admission,
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
    this.fleetText = new FleetText(scheduling, figures);
    this.nodes = new NodeJson(scheduling, figures::usual);
    this.nodeText = new NodeText(scheduling, figures::usual);
    Changes changes = new Changes(explainer, nanos);
    this.pods = new PodsJson(scheduling, changes);
    this.podsText = new PodsText(scheduling, changes, source);
    this.waitingEvents = new WaitingEvents(scheduling, changes, about.cluster);
    this.decisions = new DecisionsJson(scheduling.decisions());
    this.fleetBytes = new FreshBytes(nanos, fleet::render);
    this.teamsBytes =
        new FreshBytes(nanos, viewer -> teams.all(new SeenTeams(viewer).of(source.picture())));
  }

  public byte[] fleet(Viewer viewer) {
    return fleetBytes.of(viewer);
  }

  public String fleetText(Viewer viewer) {
    return fleetText.render(viewer);
  }

  /**
   * A node, or null if there is none of this name, or no such GPU.
   *
   * @param gpu the index of one GPU; empty for all
   */
  public @Nullable String nodeText(Viewer viewer, String name, String gpu) {
    return nodeText.one(name, gpu, viewer);
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

  /** Tells users of pods that wait which change would help; to be called every few seconds. */
  public void tellChanges() {
    waitingEvents.look();
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
      JsonNode tree = MAPPER.readTree(manifest);
      Explanation explanation =
          tree == null || manifest.nextToken() != null
              ? Explanation.refused(List.of("The manifest is not one pod."))
              : explanation(viewer, tree);
      return MAPPER.writeValueAsBytes(ExplanationJson.of(explanation));
    } catch (JsonProcessingException nonsense) {
      return Json.object(
          out -> {
            out.writeNumberField("v", Json.VERSION);
            out.writeArrayFieldStart("problems");
            out.writeString("The pod cannot be read: " + nonsense.getOriginalMessage());
            out.writeEndArray();
          });
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  /**
   * The same of every pod in a text of manifests, for a terminal.
   *
   * @throws IOException with a hint, if it is no YAML or has no pod
   */
  public String explainText(Viewer viewer, String text) throws IOException {
    Manifests manifests = Manifests.parse("The manifest", text);
    StringBuilder out = new StringBuilder();
    int left = MOST_EXPLAINED;
    for (Manifests.Found each : manifests.found()) {
      if (left-- == 0) {
        out.append("and ").append(manifests.found().size() - MOST_EXPLAINED).append(" more\n");
        break;
      }
      out.append(ExplanationText.of(each.from(), explanation(viewer, each.pod())));
    }
    for (String unread : manifests.unread()) {
      out.append(unread).append(" asks for resources without a pod template; it is not read.\n");
    }
    for (String skipped : manifests.skipped()) {
      out.append(skipped).append(" makes no pods.\n");
    }
    if (out.isEmpty()) {
      throw new IOException("The manifest is empty.");
    }
    return out.toString();
  }

  /**
   * The pods in a text of manifests as a List of Kubernetes, which kubectl can send to the API
   * server in a dry run.
   */
  public byte[] podsOf(String text) throws IOException {
    ObjectNode list = MAPPER.createObjectNode().put("apiVersion", "v1").put("kind", "List");
    ArrayNode items = list.putArray("items");
    for (Manifests.Found each : Manifests.parse("The manifest", text).found()) {
      if (items.size() < MOST_EXPLAINED) {
        items.add(unnamed(each.pod()).put("apiVersion", "v1").put("kind", "Pod"));
      }
    }
    return MAPPER.writeValueAsBytes(list);
  }

  /** A pod of its name may exist. */
  private static ObjectNode unnamed(ObjectNode pod) {
    ObjectNode metadata = pod.withObject("/metadata");
    String name = metadata.path("name").asText("pod");
    metadata.remove("name");
    metadata.put("generateName", name + "-");
    return pod;
  }

  private Explanation explanation(Viewer viewer, JsonNode manifest) {
    try (JsonParser parser = manifest.traverse()) {
      Reading reading = scheduling.read(PodReader.readDocument(parser));
      PodRules rules = new PodRules(manifest);
      Explanation explanation =
          reading.isNonsense()
              ? Explanation.refused(reading.problems())
              : explained(viewer, reading.demand(), rules).noting(notes(rules, manifest));
      return explanation.in(reading.dialect());
    } catch (WireException nonsense) {
      return Explanation.refused(List.of(String.valueOf(nonsense.getMessage())));
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  private Explanation explained(Viewer viewer, PodDemand demand, PodRules rules) {
    Explanation explanation = explainer.explain(demand, node -> against(rules, node));
    return explanation.best() == null
        ? explanation.waitingFor(QuarantineJson.holding(scheduling, explainer, demand, viewer))
        : explanation;
  }

  private @Nullable String against(PodRules rules, String node) {
    NodeRules known = scheduling.nodeRules(node);
    return known == null ? null : rules.against(node, known);
  }

  private List<String> notes(PodRules rules, JsonNode manifest) throws WireException {
    List<String> notes = new ArrayList<>();
    Settings now = settings.current();
    if (now.admission().enabled() && manifest instanceof ObjectNode pod) {
      Answer answer = about.admission().preview(pod);
      answer.problems().forEach(problem -> notes.add("Admission refuses the pod: " + problem));
      answer.warnings().forEach(warning -> notes.add("Admission warns: " + warning));
    }
    String scheduler = rules.schedulerName();
    if (!scheduler.equals(now.cluster().schedulerName())
        && !now.admission().aliases().values().contains(scheduler)) {
      notes.add(
          "Its schedulerName is "
              + (scheduler.isEmpty() ? "not written" : scheduler)
              + ", so Kerf is not asked about it. Write schedulerName: "
              + now.cluster().schedulerName()
              + ".");
    }
    if (!rules.claims().isEmpty()) {
      notes.add(
          "kube-scheduler decides by itself where the pod's resource claims can be had ("
              + String.join(", ", rules.claims())
              + ").");
    }
    return notes;
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
