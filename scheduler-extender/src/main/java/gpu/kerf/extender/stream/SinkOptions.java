package gpu.kerf.extender.stream;

import java.net.URI;
import java.time.Duration;

/**
 * Where events are sent.
 *
 * @param topic of Kafka, for the format {@link Format#KAFKA_BRIDGE}
 * @param batch how many events one request has at most
 * @param timeout how long a request may take
 */
public record SinkOptions(URI url, Format format, String topic, int batch, Duration timeout) {

  /** What the sink takes. */
  public enum Format {
    /** A batch of CloudEvents in JSON. */
    CLOUDEVENTS("application/cloudevents-batch+json"),
    /** Records of Strimzi's HTTP bridge for Kafka. */
    KAFKA_BRIDGE("application/vnd.kafka.json.v2+json");

    private final String mediaType;

    Format(String mediaType) {
      this.mediaType = mediaType;
    }

    String mediaType() {
      return mediaType;
    }
  }

  /** Where requests go. */
  String target() {
    String base = url.toString().replaceAll("/+$", "");
    return format == Format.KAFKA_BRIDGE ? base + "/topics/" + topic : url.toString();
  }
}
