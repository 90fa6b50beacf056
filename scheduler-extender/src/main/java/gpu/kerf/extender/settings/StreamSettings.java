package gpu.kerf.extender.settings;

import java.time.Duration;

/** The stream of CloudEvents: how much is kept, and where it is sent. */
public record StreamSettings(
    @Setting(
            value =
                "How many of the latest events are kept in memory. A client or a sink that is"
                    + " further behind is told of a gap.",
            min = "16",
            max = "1000000")
        int buffer,
    @Setting(
            "The source of the events, a URI or a part of one. Give each cluster another one:"
                + " source and id of an event together are unique.")
        String source,
    @Setting("The one HTTP server that is sent all events.") Sink sink) {

  /** What the sink takes. */
  public enum Format {
    CLOUDEVENTS,
    KAFKA_BRIDGE
  }

  /** Where events are sent. */
  public record Sink(
      @Setting("Its address, such as http://kerf-bridge-service.kafka:8080; empty for no sink.")
          String url,
      @Setting(
              "What it takes: cloudevents (a batch of CloudEvents in JSON) or kafka_bridge (records"
                  + " of Strimzi's HTTP bridge).")
          Format format,
      @Setting("The topic of Kafka, for kafka_bridge.") String topic,
      @Setting(value = "How many events one request has at most.", min = "1", max = "1000")
          int batch,
      @Setting(value = "How long a request may take.", min = "100ms", max = "5m")
          Duration timeout) {

    public boolean enabled() {
      return !url.isEmpty();
    }
  }

  static StreamSettings defaults() {
    return new StreamSettings(
        8_192,
        "/kerf",
        new Sink("", Format.CLOUDEVENTS, "kerf-events", 100, Duration.ofSeconds(10)));
  }

  StreamSettings withoutSink() {
    return new StreamSettings(
        buffer, source, new Sink("", sink.format, sink.topic, sink.batch, sink.timeout));
  }
}
