package gpu.kerf.extender.service;

import gpu.kerf.extender.settings.StreamSettings;
import gpu.kerf.extender.state.Decision;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.stream.EventJson;
import gpu.kerf.extender.stream.EventLog;
import gpu.kerf.extender.stream.EventSink;
import gpu.kerf.extender.stream.PodDecision;
import gpu.kerf.extender.stream.PodEvicted;
import gpu.kerf.extender.stream.PodReleased;
import gpu.kerf.extender.stream.SinkOptions;
import gpu.kerf.extender.stream.TeamBudgetChanged;
import gpu.kerf.extender.stream.TeamReclaimed;
import gpu.kerf.extender.stream.TeamUsed;
import gpu.kerf.extender.stream.TeamWindowChanged;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.turn.Turns;
import gpu.kerf.extender.usage.ReleasedPod;
import gpu.kerf.extender.usage.Usage;
import gpu.kerf.extender.usage.UsageListener;
import java.net.URI;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Puts the stream of events together: what is told, the log, and the sink if there is one. */
final class StreamedEvents {
  private static final int RUN_BYTES = 4;

  private final EventLog log;
  private final EventJson json;
  private final @Nullable EventSink sink;

  StreamedEvents(
      StreamSettings settings, Scheduling scheduling, Turns turns, Usage usage, Metrics metrics) {
    byte[] random = new byte[RUN_BYTES];
    new SecureRandom().nextBytes(random);
    String run = HexFormat.of().formatHex(random);
    this.log = new EventLog(run, settings.buffer(), scheduling::wallMillis, metrics);
    this.json = new EventJson(settings.source(), run);
    this.sink =
        settings.sink().enabled()
            ? new EventSink(log, json, options(settings.sink()), scheduling::wallMillis, metrics)
            : null;
    follow(scheduling, turns);
    usage.tell(new UsageNews(usage, turns));
  }

  private static SinkOptions options(StreamSettings.Sink sink) {
    SinkOptions.Format format =
        switch (sink.format()) {
          case CLOUDEVENTS -> SinkOptions.Format.CLOUDEVENTS;
          case KAFKA_BRIDGE -> SinkOptions.Format.KAFKA_BRIDGE;
        };
    return new SinkOptions(
        URI.create(sink.url()), format, sink.topic(), sink.batch(), sink.timeout());
  }

  private void follow(Scheduling scheduling, Turns turns) {
    scheduling
        .decisions()
        .onEach(
            decision -> {
              if (PodDecision.isNews(decision)) {
                log.add(told(decision, turns));
              }
            });
    scheduling.onEvicted((pod, why) -> log.add(new PodEvicted(pod, turns.teamOfPod(pod), why)));
    turns.onReclaim(reclaim -> log.add(new TeamReclaimed(reclaim)));
    turns.onWindow((team, window, before) -> log.add(new TeamWindowChanged(team, window, before)));
    turns.onBudget((team, now) -> log.add(new TeamBudgetChanged(team, now)));
  }

  /** Of several replicas the one that gives turns tells it. */
  private final class UsageNews implements UsageListener {
    private final Usage usage;
    private final Turns turns;

    UsageNews(Usage usage, Turns turns) {
      this.usage = usage;
      this.turns = turns;
    }

    @Override
    public void released(ReleasedPod pod) {
      if (turns.leads()) {
        log.add(new PodReleased(pod));
      }
    }

    @Override
    public void hourOver(long hourStartMillis) {
      if (turns.leads()) {
        TeamUsed.ofHour(usage.book(), hourStartMillis).forEach(log::add);
      }
    }
  }

  private static PodDecision told(Decision decision, Turns turns) {
    return new PodDecision(decision, turns.teamOfPod(decision.pod()));
  }

  EventLog log() {
    return log;
  }

  EventJson json() {
    return json;
  }

  void start() {
    if (sink != null) {
      sink.start();
    }
  }

  /** Completes when the sink has what is left, or does not take it. */
  CompletionStage<Void> stop() {
    return sink == null ? CompletableFuture.completedStage(null) : sink.stop();
  }
}
