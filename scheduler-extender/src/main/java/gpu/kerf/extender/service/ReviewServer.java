package gpu.kerf.extender.service;

import gpu.kerf.extender.admission.Admission;
import gpu.kerf.extender.admission.AdmissionOptions;
import gpu.kerf.extender.admission.ClaimView;
import gpu.kerf.extender.http.HttpService;
import gpu.kerf.extender.http.Readiness;
import gpu.kerf.extender.http.ServerPort;
import gpu.kerf.extender.http.Webhooks;
import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.state.FleetView;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.turn.TurnForecast;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.util.function.Supplier;

/**
 * The webhook on an event loop of its own, so that handshakes, bodies and reviews do not delay
 * calls of kube-scheduler.
 *
 * <p>Its methods are called on the context that owns the scheduling, and their futures complete
 * there.
 */
final class ReviewServer {
  private final Vertx owner;
  private final Vertx reviews = Vertxes.small();
  private final Context loop = reviews.getOrCreateContext();
  private final HttpService http;

  /**
   * @param owner the Vert.x of the context that owns the scheduling
   */
  ReviewServer(
      Vertx owner,
      Settings settings,
      Scheduling scheduling,
      FleetView fleet,
      TurnForecast turns,
      ClaimView claims,
      Metrics metrics) {
    this.owner = owner;
    Webhooks webhooks =
        new Webhooks(
            new Admission(
                scheduling.dialects(),
                fleet::latest,
                AdmissionOptions.of(settings),
                turns::waits,
                claims));
    this.http =
        new HttpService(
            reviews,
            settings,
            ServerPort.webhook(settings),
            new HttpService.Components(
                webhooks.byName(), new Readiness(), metrics, null, metrics::reviewed, null));
  }

  /** Listens; the port. */
  Future<Integer> start() {
    return there(() -> http.start().map(HttpServer::actualPort));
  }

  /** Answers what is under way, then lets go of its threads. */
  Future<Void> stop() {
    return there(http::stop).eventually(reviews::close);
  }

  /** Does something on its loop and brings the end back. */
  private <T> Future<T> there(Supplier<Future<T>> action) {
    Promise<T> back = Promise.promise();
    Context caller = owner.getOrCreateContext();
    loop.runOnContext(
        nothing ->
            Future.succeededFuture()
                .compose(started -> action.get())
                .onComplete(done -> caller.runOnContext(again -> back.handle(done))));
    return back.future();
  }
}
