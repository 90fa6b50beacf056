package gpu.kerf.extender.cluster.kubernetes;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.wire.PodReader;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import java.io.IOException;
import java.util.function.Predicate;

/**
 * Tells of pods: of those that are bound, whoever bound them, and of those that wait for Kerf's
 * scheduler.
 */
final class Pods implements Sink<PodView> {
  private static final JsonFactory JSON = new JsonFactory();

  private final ClusterListener listener;
  private final Predicate<PodView> waitsForKerf;
  private final Foreigners foreigners;
  private final Labels labels;

  Pods(
      ClusterListener listener,
      Predicate<PodView> waitsForKerf,
      Foreigners foreigners,
      Labels labels) {
    this.listener = listener;
    this.waitsForKerf = waitsForKerf;
    this.foreigners = foreigners;
    this.labels = labels;
  }

  @Override
  public PodView read(Meta meta, Piece json) throws WireException {
    return parse(json);
  }

  static PodView parse(Piece json) throws WireException {
    try (JsonParser parser = JSON.createParser(json.bytes(), json.offset(), json.length())) {
      return PodReader.readDocument(parser);
    } catch (IOException e) {
      throw new WireException("The pod cannot be read: " + e.getMessage());
    }
  }

  @Override
  public void put(Meta meta, PodView pod) {
    if (pod.isBound() || waitsForKerf.test(pod)) {
      listener.podSeen(pod);
      labels.seen(pod);
    }
    foreigners.seen(pod);
  }

  /** It is there, and nobody knows what it holds; what was known of it stands. */
  @Override
  public void unreadable(Meta meta, String problem) {
    listener.podUnreadable(new PodView.Ref(meta.namespace(), meta.name(), meta.uid()), problem);
  }

  @Override
  public void gone(Meta meta) {
    listener.podGone(meta.uid());
    foreigners.gone(meta.uid());
    labels.gone(meta.uid());
  }
}
