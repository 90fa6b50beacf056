package gpu.kerf.extender.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import gpu.kerf.extender.access.Viewer;
import gpu.kerf.extender.api.PodsJson;
import gpu.kerf.extender.api.View;
import gpu.kerf.extender.cost.UsageAsSeen;
import gpu.kerf.extender.cost.UsageRecords;
import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.state.Decisions;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.model.usage.UsageCell;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1}: what people and the console see. It only reads. */
public final class ApiRoutes implements Api {
  private static final int MOST_NODES = 500;
  private static final int MOST_PODS = 1000;
  private static final int MOST_DECISIONS = 1000;
  private static final int MOST_OF_A_LINE = 1000;

  /** Explaining holds up the event loop, and people can wait where kube-scheduler cannot. */
  private static final long EXPLAIN_NANOS = 200_000_000;

  private static final long LONGEST_MANIFEST = 1 << 20;
  private static final Set<String> STATES = Set.of("", "pending", "bound", "quarantined");
  private static final Set<String> MANIFESTS =
      Set.of(
          "application/json",
          "application/yaml",
          "application/x-yaml",
          "text/yaml",
          "text/x-yaml",
          "text/plain");

  private final Vertx vertx;
  private final View view;
  private final Settings.Limits limits;
  private final EventStreams streams;
  private final NumberedEvents events;
  private final YAMLFactory yaml = new YAMLFactory();
  private final Budget budget = new Budget(EXPLAIN_NANOS, System::nanoTime);
  private final ReportRoutes reports;
  private final AskRoute ask;

  public ApiRoutes(
      Vertx vertx,
      View view,
      UsageRecords records,
      Decisions decisions,
      NumberedEvents events,
      Settings.Limits limits,
      Metrics metrics) {
    this.reports = new ReportRoutes(vertx, records, call -> seen(viewer(call)));
    this.events = events;
    this.vertx = vertx;
    this.view = view;
    this.limits = limits;
    this.ask = new AskRoute(vertx, limits, Math.min(LONGEST_MANIFEST, limits.body().value()));
    this.streams = new EventStreams(vertx, view, limits.eventStreams(), metrics);
    decisions.onEach(streams::decided);
  }

  @Override
  public void addTo(Routes routes, ErrorAnswers refusals, Gate gate) {
    ask.addTo(routes, refusals, gate);
    routes.getAsSeen("/api/v1/fleet", this::fleet);
    routes.getAsSeen("/api/v1/nodes", call -> nodes(call, refusals));
    routes.getAsSeen("/api/v1/nodes/:name", call -> node(call, refusals));
    routes.getAsSeen("/api/v1/pods", call -> pods(call, refusals));
    routes.getAsSeen("/api/v1/decisions", call -> decisions(call, refusals));
    routes.getAsSeen("/api/v1/teams", call -> teams(call, refusals));
    routes.getAsSeen("/api/v1/timeline", call -> send(call, view.timeline(viewer(call))));
    routes.getAsSeen("/api/v1/status", call -> send(call, view.status(viewer(call))));
    routes.getAsSeen("/api/v1/events", call -> events(call, refusals));
    routes.postAsSeen("/api/v1/explain", call -> explain(call, refusals, gate));
    reports.addTo(routes, refusals);
  }

  @Override
  public void start() {
    streams.start();
    events.start();
  }

  /** One path for consoles, which ask for no number, and for those that must miss nothing. */
  private void events(RoutingContext call, ErrorAnswers refusals) {
    if (NumberedEvents.isAskedFor(call.request())) {
      events.answer(call, refusals);
    } else {
      streams.open(call, refusals);
    }
  }

  /** Which owners have names in reports: those of namespaces and of teams that are seen. */
  private static Predicate<UsageCell.Key> seen(Viewer viewer) {
    return viewer.seesAll()
        ? UsageAsSeen.ALL
        : key ->
            viewer.seesNamespace(key.namespace())
                || (!key.team().isEmpty() && viewer.seesTeam(key.team()));
  }

  private static Viewer viewer(RoutingContext call) {
    return Viewing.viewer(call);
  }

  private static void send(RoutingContext call, byte[] json) {
    HttpService.json(call, 200, Buffer.buffer(json));
  }

  private static void send(RoutingContext call, String text) {
    call.response()
        .putHeader("Content-Type", "text/plain; charset=utf-8")
        .putHeader("Cache-Control", "no-store")
        .end(text);
  }

  /** Whether a terminal asks. */
  private static boolean wantsText(RoutingContext call) {
    return String.valueOf(call.request().getHeader("Accept")).startsWith("text/plain");
  }

  private void fleet(RoutingContext call) {
    if (wantsText(call)) {
      send(call, view.fleetText(viewer(call)));
    } else {
      send(call, view.fleet(viewer(call)));
    }
  }

  private void node(RoutingContext call, ErrorAnswers refusals) {
    String name = String.valueOf(call.pathParam("name"));
    String gpu = call.request().getParam("gpu", "");
    String text = wantsText(call) ? view.nodeText(viewer(call), name, gpu) : null;
    byte[] node = wantsText(call) ? null : view.node(viewer(call), name);
    if (text != null) {
      send(call, text);
    } else if (node != null) {
      send(call, node);
    } else {
      String which = wantsText(call) && !gpu.isEmpty() ? " with a GPU " + gpu : "";
      ErrorAnswer unknown =
          ErrorAnswer.noSuch(
              "There is no node " + name + which + ".", "GET /api/v1/fleet names all nodes.");
      refusals.answer(call.request(), unknown);
    }
  }

  private void nodes(RoutingContext call, ErrorAnswers refusals) {
    String names = call.request().getParam("names");
    Integer limit = limit(call, refusals, MOST_NODES, MOST_NODES);
    if (limit == null) {
      return;
    }
    if (names == null || names.isBlank()) {
      ErrorAnswer none =
          ErrorAnswer.badRequest("It does not say which nodes.", "Write ?names=a,b; at most 500.");
      refusals.answer(call.request(), none);
      return;
    }
    List<String> wanted = Arrays.stream(names.split(",", -1)).distinct().limit(limit).toList();
    send(call, view.nodes(viewer(call), wanted));
  }

  private void pods(RoutingContext call, ErrorAnswers refusals) {
    String state = call.request().getParam("state", "");
    Integer limit = limit(call, refusals, 200, MOST_PODS);
    if (limit == null) {
      return;
    }
    if (!STATES.contains(state)) {
      ErrorAnswer unknown =
          ErrorAnswer.badRequest(
              "The state (" + state + ") is unknown.", "Write pending, bound or quarantined.");
      refusals.answer(call.request(), unknown);
      return;
    }
    HttpServerRequest request = call.request();
    String namespace = request.getParam("namespace", "");
    String text = request.getParam("q", "");
    String uid = request.getParam("uid", "");
    PodsJson.Query query = new PodsJson.Query(state, namespace, text, uid, limit);
    if (wantsText(call)) {
      send(call, view.podsText(viewer(call), query));
    } else {
      send(call, view.pods(viewer(call), query));
    }
  }

  private void decisions(RoutingContext call, ErrorAnswers refusals) {
    Integer limit = limit(call, refusals, 100, MOST_DECISIONS);
    if (limit != null) {
      send(call, view.decisions(viewer(call), limit, call.request().getParam("pod", "")));
    }
  }

  private void teams(RoutingContext call, ErrorAnswers refusals) {
    String name = call.request().getParam("team");
    if (name != null) {
      team(call, refusals, name);
    } else if (wantsText(call)) {
      send(call, view.teamsText(viewer(call)));
    } else {
      send(call, view.teams(viewer(call)));
    }
  }

  private void team(RoutingContext call, ErrorAnswers refusals, String name) {
    Integer limit = limit(call, refusals, MOST_OF_A_LINE, MOST_OF_A_LINE);
    if (limit == null) {
      return;
    }
    String text = wantsText(call) ? view.teamText(viewer(call), name, limit) : null;
    byte[] json = wantsText(call) ? null : view.team(viewer(call), name, limit);
    if (text != null) {
      send(call, text);
    } else if (json != null) {
      send(call, json);
    } else {
      ErrorAnswer unknown =
          ErrorAnswer.noSuch(
              "There is no team " + name + ".", "GET /api/v1/teams names all teams.");
      refusals.answer(call.request(), unknown);
    }
  }

  /**
   * The number of things that are asked for; null if it makes no sense, which has been answered.
   */
  static @Nullable Integer limit(RoutingContext call, ErrorAnswers refusals, int usual, int most) {
    String given = call.request().getParam("limit");
    try {
      int limit = given == null ? usual : Integer.parseInt(given);
      if (limit >= 1) {
        return Math.min(limit, most);
      }
    } catch (NumberFormatException nonsense) {
      // refused below, as what is less than 1
    }
    ErrorAnswer refusal =
        ErrorAnswer.badRequest(
            "The limit (" + given + ") is not a positive number.", "At most " + most + ".");
    refusals.answer(call.request(), refusal);
    return null;
  }

  private void explain(RoutingContext call, ErrorAnswers refusals, Gate gate) {
    HttpServerRequest request = call.request();
    Buffer known = AskRoute.manifest(call);
    if (known != null) {
      Reading reading = new Reading(call, refusals);
      if (isForeign(request)) {
        reading.refused(ErrorAnswer.otherSite());
      } else {
        reading.manifest(known);
      }
      return;
    }
    String type = String.valueOf(request.getHeader("Content-Type"));
    String plain = type.split(";", -1)[0].strip().toLowerCase(Locale.ROOT);
    ErrorAnswer wrong = isForeign(request) ? ErrorAnswer.otherSite() : null;
    wrong = wrong == null && !MANIFESTS.contains(plain) ? ErrorAnswer.manifestType(type) : wrong;
    if (wrong != null) {
      Hangup.after(vertx, request);
      refusals.answer(request, wrong);
      return;
    }
    Body.Bounds bounds =
        new Body.Bounds(Math.min(LONGEST_MANIFEST, limits.body().value()), limits.arrival());
    Reading reading = new Reading(call, refusals);
    Body body = new Body(vertx, request, bounds, gate, reading::manifest, reading::refused);
    reading.body = body;
    request.response().exceptionHandler(gone -> body.release());
    body.read();
  }

  /**
   * Whether a page of another site asks, which could keep the event loop busy from any browser. A
   * browser says so itself where it trusts the connection; elsewhere its Origin is compared.
   */
  private static boolean isForeign(HttpServerRequest request) {
    String site = request.getHeader("Sec-Fetch-Site");
    if (site != null) {
      return !site.equals("same-origin") && !site.equals("none");
    }
    String origin = request.getHeader("Origin");
    return origin != null && !origin.endsWith("//" + request.getHeader("Host"));
  }

  /** A manifest while it arrives. */
  private final class Reading {
    private final RoutingContext call;
    private final ErrorAnswers refusals;
    private @Nullable Body body;

    Reading(RoutingContext call, ErrorAnswers refusals) {
      this.call = call;
      this.refusals = refusals;
    }

    private void manifest(Buffer bytes) {
      if (wantsText(call) && call.request().getParam("pods", "").equals("true")) {
        pods(bytes.toString(StandardCharsets.UTF_8));
        over();
        return;
      }
      if (!budget.mayWork()) {
        refused(
            ErrorAnswer.busyForNow(
                "Kerf is busy with other explanations, and kube-scheduler comes first."));
        return;
      }
      if (wantsText(call)) {
        text(bytes.toString(StandardCharsets.UTF_8));
        over();
        return;
      }
      try (JsonParser parser = yaml.createParser(bytes.getBytes())) {
        budget.work(() -> send(call, view.explain(viewer(call), parser)));
      } catch (IOException nonsense) {
        String what = "The manifest cannot be read: " + nonsense.getMessage();
        refusals.answer(
            call.request(), ErrorAnswer.badRequest(what, "Send one pod, YAML or JSON."));
      } finally {
        over();
      }
    }

    /** A file may hold many objects, and each with several templates. */
    private void text(String manifests) {
      budget.work(() -> explain(manifests));
    }

    /** Looks at no node. */
    private void pods(String manifests) {
      try {
        send(call, view.podsOf(manifests));
      } catch (IOException nonsense) {
        unreadable(nonsense);
      }
    }

    private void explain(String manifests) {
      try {
        send(call, view.explainText(viewer(call), manifests));
      } catch (IOException nonsense) {
        unreadable(nonsense);
      }
    }

    private void unreadable(IOException nonsense) {
      refusals.answer(
          call.request(),
          ErrorAnswer.badRequest(
              String.valueOf(nonsense.getMessage()), "Send manifests, YAML or JSON."));
    }

    private void refused(ErrorAnswer refusal) {
      if (!call.request().isEnded()) {
        Hangup.after(vertx, call.request());
      }
      refusals.answer(call.request(), refusal);
      over();
    }

    private void over() {
      if (body != null) {
        body.release();
      }
    }
  }

  @Override
  public void close() {
    streams.close();
    events.close();
  }
}
