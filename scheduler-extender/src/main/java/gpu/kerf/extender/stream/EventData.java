package gpu.kerf.extender.stream;

import com.fasterxml.jackson.core.JsonGenerator;
import gpu.kerf.extender.access.Viewer;
import java.io.IOException;
import java.util.List;

/**
 * What one event tells. It never changes, so that any thread may write it later: the thread that
 * decides only keeps a reference.
 */
public interface EventData {

  /** What the types of all events begin with: the domain kerf.gpu, turned around. */
  String PREFIX = "gpu.kerf.";

  /** The type of the CloudEvent, with the version of its data at the end. */
  String type();

  /** What it is about, such as {@code pods/research/train-0} or {@code teams/research}. */
  String subject();

  /** Events with the same key stay in order, also in Kafka while its brokers live. */
  String key();

  /** The namespaces that it names. */
  List<String> namespaces();

  /** Whether a client may know that it happened. */
  boolean isSeenBy(Viewer viewer);

  /** Adds its fields to an object that is open; without names that the viewer must not see. */
  void write(JsonGenerator out, Viewer viewer) throws IOException;
}
