package gpu.kerf.extender.http;

import gpu.kerf.extender.cost.ReportException;
import gpu.kerf.extender.cost.ReportFormat;
import gpu.kerf.extender.cost.ReportQuery;
import gpu.kerf.extender.cost.ReportRun;
import gpu.kerf.extender.cost.ReportSpan;
import gpu.kerf.extender.cost.UsageAsSeen;
import gpu.kerf.extender.cost.UsageLines;
import gpu.kerf.extender.cost.UsageRecords;
import gpu.kerf.model.cost.BusyTime;
import gpu.kerf.model.cost.CostReport;
import gpu.kerf.model.cost.CostRows;
import gpu.kerf.model.cost.PriceList;
import gpu.kerf.model.usage.UsageCell;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Usage and reports of it. An answer is made hour by hour: the records of an hour are taken on the
 * event loop, turned into text on a worker, and written when the client has read what came before.
 * So a long answer delays no verb and is never in memory as a whole.
 */
final class ReportRoutes {
  private static final int MOST_AT_ONCE = 4;

  /** Hours without records that are passed over before other events have their turn. */
  private static final int EMPTY_AT_ONCE = 100;

  private static final ReportSpan.Names NAMES = new ReportSpan.Names("from", "to");

  private final Vertx vertx;
  private final UsageRecords records;
  private final Function<RoutingContext, Predicate<UsageCell.Key>> seen;
  private int running;

  /**
   * @param seen which owners the client of a call may see by name
   */
  ReportRoutes(
      Vertx vertx, UsageRecords records, Function<RoutingContext, Predicate<UsageCell.Key>> seen) {
    this.vertx = vertx;
    this.records = records;
    this.seen = seen;
  }

  void addTo(Routes routes, ErrorAnswers refusals) {
    routes.getAsSeen("/api/v1/usage", call -> usage(call, refusals));
    routes.getAsSeen("/api/v1/report", call -> report(call, refusals));
  }

  /** Makes an answer; on a worker but the first, one call after the other. */
  private interface Text {
    String begin();

    String hour(CostRows.Hour hour);

    String end();
  }

  private record Lines(PriceList prices, long completeSince) implements Text {
    @Override
    public String begin() {
      return UsageLines.of(prices, completeSince);
    }

    @Override
    public String hour(CostRows.Hour hour) {
      return UsageLines.of(hour);
    }

    @Override
    public String end() {
      return "";
    }
  }

  private record Report(ReportRun run) implements Text {
    @Override
    public String begin() {
      return "";
    }

    @Override
    public String hour(CostRows.Hour hour) {
      return run.hour(hour);
    }

    @Override
    public String end() {
      return run.end();
    }
  }

  private void usage(RoutingContext call, ErrorAnswers refusals) {
    try {
      ReportSpan span = span(call.request());
      new Answering(call, refusals, span, lines()).start("application/x-ndjson");
    } catch (ReportException wrong) {
      refuse(call, refusals, wrong);
    }
  }

  private void report(RoutingContext call, ErrorAnswers refusals) {
    HttpServerRequest request = call.request();
    try {
      ReportFormat format =
          ReportQuery.word(ReportFormat.class, "format", request.getParam("format", "json"));
      CostReport.By by =
          ReportQuery.word(CostReport.By.class, "by", request.getParam("by", "team"));
      ReportQuery query = new ReportQuery(by, format, span(request));
      ReportRun run =
          new ReportRun(
              query,
              records.prices().get(),
              BusyTime.NOT_MEASURED,
              records.completeSince().getAsLong());
      new Answering(call, refusals, query.span(), new Report(run)).start(format.contentType());
    } catch (ReportException wrong) {
      refuse(call, refusals, wrong);
    }
  }

  private Lines lines() {
    return new Lines(records.prices().get(), records.completeSince().getAsLong());
  }

  private ReportSpan span(HttpServerRequest request) throws ReportException {
    Instant now = Instant.ofEpochMilli(records.wallMillis().getAsLong());
    return ReportSpan.of(request.getParam("from"), request.getParam("to"), now, NAMES);
  }

  private static void refuse(RoutingContext call, ErrorAnswers refusals, ReportException wrong) {
    refusals.answer(call.request(), ErrorAnswer.badRequest(wrong.what(), wrong.hint()));
  }

  /** One answer on its way. */
  private final class Answering {
    private final RoutingContext call;
    private final ErrorAnswers refusals;
    private final HttpServerResponse response;
    private final Text text;
    private final UsageAsSeen asSeen;
    private final long end;
    private long next;
    private boolean over;

    Answering(RoutingContext call, ErrorAnswers refusals, ReportSpan span, Text text) {
      this.call = call;
      this.refusals = refusals;
      this.response = call.response();
      this.text = text;
      this.asSeen = new UsageAsSeen(seen.apply(call));
      this.next = span.fromMillis();
      this.end = span.toMillis();
    }

    private void start(String contentType) {
      response.putHeader("Content-Type", contentType).putHeader("Cache-Control", "no-store");
      if (call.request().method().equals(HttpMethod.HEAD)) {
        response.end();
        return;
      }
      if (running >= MOST_AT_ONCE) {
        refusals.answer(
            call.request(), ErrorAnswer.busyForNow(running + " reports are being made."));
        return;
      }
      running++;
      response.setChunked(true);
      response.exceptionHandler(gone -> finish());
      response.closeHandler(closed -> finish());
      write(text.begin());
    }

    private void finish() {
      running -= over ? 0 : 1;
      over = true;
    }

    private void write(String piece) {
      if (over) {
        return;
      }
      if (!piece.isEmpty()) {
        response.write(piece);
      }
      if (response.writeQueueFull()) {
        response.drainHandler(drained -> goOn());
      } else {
        goOn();
      }
    }

    private void goOn() {
      for (int empty = 0; empty < EMPTY_AT_ONCE && next < end; empty++) {
        CostRows.Hour hour = CostRows.Hour.of(next, records.usage(), records.gpus());
        next += CostRows.HOUR_MILLIS;
        if (!hour.cells().isEmpty() || !hour.gpus().isEmpty()) {
          vertx
              .executeBlocking(() -> text.hour(asSeen.of(hour)))
              .onSuccess(this::write)
              .onFailure(this::failed);
          return;
        }
      }
      if (next < end) {
        vertx.runOnContext(later -> write(""));
      } else {
        vertx.executeBlocking(text::end).onSuccess(this::last).onFailure(this::failed);
      }
    }

    private void last(String piece) {
      if (!over) {
        finish();
        response.end(piece);
      }
    }

    private void failed(Throwable cause) {
      if (over) {
        return;
      }
      finish();
      boolean cut = response.headWritten();
      refusals.answer(
          call.request(),
          cause instanceof ArithmeticException
              ? ErrorAnswer.badRequest(
                  "The sums are too large to be counted.", "Ask for less at once.")
              : ErrorAnswer.broken(),
          cause);
      if (cut) {
        response.reset();
      }
    }
  }
}
