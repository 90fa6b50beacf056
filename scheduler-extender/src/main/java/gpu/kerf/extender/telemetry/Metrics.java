package gpu.kerf.extender.telemetry;

import io.prometheus.client.Collector;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Counter;
import io.prometheus.client.Gauge;
import io.prometheus.client.Histogram;
import io.prometheus.client.SimpleCollector;
import io.prometheus.client.exporter.common.TextFormat;
import io.prometheus.client.hotspot.DefaultExports;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The counters, gauges and timers that any thread updates, and the text of all metrics for a
 * scrape.
 */
public final class Metrics {
  private static final double[] VERB_BUCKETS = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5
  };
  private static final double[] DELAY_BUCKETS = {
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5
  };

  private final CollectorRegistry registry = new CollectorRegistry();
  private final Map<Metric, Counter> counters = new ConcurrentHashMap<>();
  private final Map<Metric, Gauge> gauges = new ConcurrentHashMap<>();
  private final List<Runnable> before = new ArrayList<>();
  private final Histogram verbSeconds;
  private final Histogram admissionSeconds;
  private final Histogram loopDelay;

  public Metrics() {
    verbSeconds = described(Histogram.build().buckets(VERB_BUCKETS), Metric.VERB_SECONDS);
    admissionSeconds = described(Histogram.build().buckets(VERB_BUCKETS), Metric.ADMISSION_SECONDS);
    loopDelay = described(Histogram.build().buckets(DELAY_BUCKETS), Metric.LOOP_DELAY);
    DefaultExports.register(registry);
  }

  private <C extends SimpleCollector<?>> C described(
      SimpleCollector.Builder<?, C> builder, Metric metric) {
    return builder
        .name(metric.title())
        .help(metric.help())
        .labelNames(metric.labels().toArray(String[]::new))
        .register(registry);
  }

  /** Adds one to a counter. */
  public void count(Metric metric, String... labels) {
    counters.computeIfAbsent(metric, each -> described(Counter.build(), each)).labels(labels).inc();
  }

  /** Adds an amount to a counter. */
  public void add(Metric metric, double amount, String... labels) {
    counters
        .computeIfAbsent(metric, each -> described(Counter.build(), each))
        .labels(labels)
        .inc(amount);
  }

  /** Lets a counter be there before anything is counted, so that the first time shows as a rise. */
  public void zero(Metric metric, String... labels) {
    counters.computeIfAbsent(metric, each -> described(Counter.build(), each)).labels(labels);
  }

  /** Sets a gauge. */
  public void set(Metric metric, double value, String... labels) {
    gauges
        .computeIfAbsent(metric, each -> described(Gauge.build(), each))
        .labels(labels)
        .set(value);
  }

  /** A verb was answered. */
  public void answered(String verb, String outcome, String reason, long nanos) {
    verbSeconds.labels(verb).observe(nanos / 1e9);
    count(Metric.VERB_ANSWERS, verb, outcome, reason);
  }

  /** A review of the API server was answered. */
  public void reviewed(String webhook, String outcome, String reason, long nanos) {
    admissionSeconds.labels(webhook).observe(nanos / 1e9);
    count(Metric.ADMISSION_ANSWERS, webhook, outcome, reason);
  }

  /** The event loop was late by so much. */
  public void loopDelay(long nanos) {
    loopDelay.observe(Math.max(0, nanos) / 1e9);
  }

  /** Adds metrics that are worked out when they are scraped. */
  public void add(Collector collector) {
    registry.register(collector);
  }

  /** Does something before every scrape, such as setting gauges to what they are at that moment. */
  public void beforeScrape(Runnable action) {
    before.add(action);
  }

  /** Everything, in the format that the Accept header prefers. */
  public Scrape scrape(String accept) {
    before.forEach(Runnable::run);
    String format = TextFormat.chooseContentType(accept);
    StringWriter out = new StringWriter(1 << 16);
    try {
      TextFormat.writeFormat(format, out, Collections.enumeration(families()));
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return new Scrape(format, out.toString());
  }

  /** Without the time of creation of each series, which doubles them and has no reader. */
  private List<Collector.MetricFamilySamples> families() {
    List<Collector.MetricFamilySamples> families = new ArrayList<>();
    for (Collector.MetricFamilySamples family : Collections.list(registry.metricFamilySamples())) {
      List<Collector.MetricFamilySamples.Sample> samples =
          family.samples.stream().filter(sample -> !sample.name.endsWith("_created")).toList();
      families.add(
          new Collector.MetricFamilySamples(family.name, family.type, family.help, samples));
    }
    return families;
  }

  /** What a scraper gets. */
  public record Scrape(String contentType, String text) {}
}
