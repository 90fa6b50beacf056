package gpu.kerf.extender.cluster.kubernetes.objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.cluster.kubernetes.watching.Sink;
import gpu.kerf.extender.kueue.AdmissionCheck;
import gpu.kerf.extender.kueue.Flavor;
import gpu.kerf.extender.kueue.KueueListener;
import gpu.kerf.extender.kueue.Workload;
import gpu.kerf.extender.wire.WireException;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.Function;

/** Tells a listener of one kind of Kueue's objects. */
public final class KueueSink<T> implements Sink<T> {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Function<JsonNode, T> reader;
  private final Consumer<T> changed;
  private final Consumer<Meta> gone;

  private KueueSink(Function<JsonNode, T> reader, Consumer<T> changed, Consumer<Meta> gone) {
    this.reader = reader;
    this.changed = changed;
    this.gone = gone;
  }

  public static KueueSink<Workload> workloads(KueueListener listener) {
    return new KueueSink<>(
        Workload::of, listener::workloadChanged, meta -> listener.workloadGone(meta.uid()));
  }

  public static KueueSink<AdmissionCheck> checks(KueueListener listener) {
    return new KueueSink<>(
        AdmissionCheck::of, listener::checkChanged, meta -> listener.checkGone(meta.name()));
  }

  public static KueueSink<Flavor> flavors(KueueListener listener) {
    return new KueueSink<>(
        Flavor::of, listener::flavorChanged, meta -> listener.flavorGone(meta.name()));
  }

  @Override
  public T read(Meta meta, JsonSlice json) throws WireException {
    try {
      return reader.apply(JSON.readTree(json.bytes(), json.offset(), json.length()));
    } catch (IOException | IllegalArgumentException e) {
      throw new WireException("An object of Kueue cannot be read: " + e.getMessage());
    }
  }

  @Override
  public void put(Meta meta, T object) {
    changed.accept(object);
  }

  /** An object that cannot be read is as one that is not there. */
  @Override
  public void unreadable(Meta meta, String problem) {
    gone.accept(meta);
  }

  @Override
  public void deleted(Meta meta) {
    gone.accept(meta);
  }
}
