package gpu.kerf.extender.cluster.kubernetes.reconciling;

import gpu.kerf.extender.audit.AuditReport;
import gpu.kerf.extender.audit.Claimant;
import gpu.kerf.extender.audit.Finding;
import gpu.kerf.extender.audit.Rule;
import gpu.kerf.extender.cluster.kubernetes.calling.Threads;
import gpu.kerf.extender.cluster.kubernetes.writing.Events;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Audits the cluster at intervals on a thread of its own, and reports every part of a GPU that is
 * held twice with a metric, an event on each pod and a line in the log. It does not use the ledger.
 */
public final class Auditor implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Auditor.class);
  private static final int MOST_REPORTED = 20;

  /** Replicas that started together must not list together. */
  private static final double JITTER = 0.25;

  private final ClusterAudit audit;
  private final Reporting reporting;
  private final Pace pace;
  private List<Finding> before = List.of();
  private List<String> notes = List.of();

  /** Where reports go. */
  public record Reporting(Events events, Metrics metrics, InstantSource clock) {}

  /**
   * How often it audits.
   *
   * @param seed of the jitter
   */
  public record Pace(Threads threads, Duration every, long seed) {}

  public Auditor(ClusterAudit audit, Pace pace, Reporting reporting) {
    this.audit = audit;
    this.pace = pace;
    this.reporting = reporting;
    Metrics metrics = reporting.metrics;
    List.of("done", "failed").forEach(outcome -> metrics.zero(Metric.AUDITS, outcome));
    metrics.set(Metric.AUDIT_SUCCESS, reporting.clock.millis() / 1e3);
    count(List.of());
  }

  @Override
  public void run() {
    Random jitter = new Random(pace.seed);
    try {
      while (true) {
        double factor = 1 + JITTER * (2 * jitter.nextDouble() - 1);
        pace.threads.sleep(Duration.ofMillis(Math.round(pace.every.toMillis() * factor)));
        attempt();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  public void attempt() throws InterruptedException {
    Metrics metrics = reporting.metrics;
    try {
      ClusterAudit.Outcome outcome = audit.run();
      report(outcome.report());
      note(outcome.notes());
      metrics.set(Metric.AUDIT_SUCCESS, reporting.clock.millis() / 1e3);
      metrics.count(Metric.AUDITS, "done");
    } catch (IOException | RuntimeException e) {
      metrics.count(Metric.AUDITS, "failed");
      LOG.atWarn()
          .addKeyValue(LogKeys.PROBLEM, String.valueOf(e.getMessage()))
          .log("The cluster could not be audited.");
    }
  }

  private void report(AuditReport report) {
    count(report.findings());
    int fresh = 0;
    for (Finding finding : report.findings()) {
      if (before.stream().noneMatch(finding::isConfirmedBy) && fresh++ < MOST_REPORTED) {
        report(finding);
      }
    }
    if (fresh > MOST_REPORTED) {
      LOG.atError().addKeyValue(LogKeys.COUNT, fresh).log("The audit found more of the same.");
    }
    before = report.findings();
  }

  private void count(List<Finding> findings) {
    Map<Rule, Integer> counts = new EnumMap<>(Rule.class);
    findings.forEach(finding -> counts.merge(finding.rule(), 1, Integer::sum));
    for (Rule rule : Rule.values()) {
      boolean overlap = rule.level() == Rule.Level.OVERLAP;
      reporting.metrics.set(
          overlap ? Metric.AUDIT_OVERLAPS : Metric.AUDIT_PROBLEMS,
          counts.getOrDefault(rule, 0),
          rule.word());
    }
  }

  private void report(Finding finding) {
    (finding.isOverlap() ? LOG.atError() : LOG.atWarn())
        .addKeyValue(LogKeys.NODE, finding.node())
        .addKeyValue(LogKeys.CAUSE, finding.rule().word())
        .log(finding.text());
    for (Claimant holder : finding.holders()) {
      if (finding.isOverlap() && holder.kind().equals(Claimant.POD)) {
        reporting.events.write(
            new Events.About("Pod", holder.namespace(), holder.name(), holder.uid()),
            new Events.Note(true, "SlotsOverlap", "Auditing", finding.text()));
      }
    }
  }

  private void note(List<String> now) {
    if (!now.equals(notes)) {
      now.forEach(
          note ->
              LOG.atWarn()
                  .addKeyValue(LogKeys.PROBLEM, note)
                  .log("The audit does not see everything."));
      notes = now;
    }
  }
}
