package gpu.kerf.extender.http;

import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the server new certificates when their files change. If the new ones are invalid, it
 * reports them and the old ones stay. Open connections keep their certificate.
 *
 * <p>Files that belong together do not change at the same moment, so it takes changed files only
 * when they are the same a moment later.
 */
final class CertificateWatch {
  private static final Logger LOG = LoggerFactory.getLogger(CertificateWatch.class);
  private static final long SETTLED_MILLIS = 100;

  private final Vertx vertx;
  private final ServerPort port;
  private final HttpServer server;
  private final Metrics metrics;
  private Certificates inUse;
  private String problem = "";
  private Future<Void> looking = Future.succeededFuture();

  CertificateWatch(
      Vertx vertx, ServerPort port, HttpServer server, Certificates inUse, Metrics metrics) {
    this.vertx = vertx;
    this.port = port;
    this.server = server;
    this.inUse = inUse;
    this.metrics = metrics;
    measure();
  }

  /** Looks at the files once, unless it is looking already; never fails. */
  Future<Void> look() {
    if (looking.isComplete()) {
      looking = read().compose(this::found).recover(this::refuse);
    }
    return looking;
  }

  private Future<Certificates> read() {
    return Certificates.read(vertx, port.tlsGroup(), port.tls());
  }

  /** Completes when it is not looking. */
  Future<Void> idle() {
    return looking;
  }

  private Future<Void> found(Certificates read) {
    if (read.equals(inUse)) {
      problem = "";
      return Future.succeededFuture();
    }
    return vertx
        .timer(SETTLED_MILLIS)
        .compose(id -> read())
        .compose(again -> again.equals(read) ? use(read) : Future.succeededFuture());
  }

  private Future<Void> use(Certificates fresh) {
    return server
        .updateSSLOptions(fresh.options(), true)
        .onSuccess(
            updated -> {
              inUse = fresh;
              problem = "";
              measure();
              metrics.count(Metric.TLS_RELOADS, port.name(), "changed");
              LOG.atInfo()
                  .addKeyValue(LogKeys.FILE, port.tls().certificate())
                  .log("New certificate.");
            })
        .mapEmpty();
  }

  private Future<Void> refuse(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    if (!message.equals(problem)) {
      problem = message;
      metrics.count(Metric.TLS_RELOADS, port.name(), "refused");
      LOG.atWarn()
          .addKeyValue(LogKeys.PROBLEM, message)
          .log("The certificate files have changed and are no use; the old ones stay.");
    }
    return Future.succeededFuture();
  }

  private void measure() {
    metrics.set(Metric.TLS_EXPIRY, (double) inUse.expires().getEpochSecond(), port.name());
  }
}
