package gpu.kerf.extender.cluster.kubernetes.objects;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.cluster.Quarantined;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.cluster.kubernetes.watching.Sink;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.wire.PodReader;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns pod objects into events: of all bound pods, by any scheduler, and of pods that wait for
 * Kerf's scheduler.
 */
public final class PodSink implements Sink<PodView> {
  private static final JsonFactory JSON = new JsonFactory();

  private static final Logger LOG = LoggerFactory.getLogger(PodSink.class);

  private final ClusterListener listener;
  private final Predicate<PodView> waitsForKerf;
  private final ForeignPods foreignPods;
  private final Labels labels;
  private final Quarantine quarantine;
  private final Consumer<String> onEnd;
  private final LongSupplier heard;

  /**
   * @param heard up to which version everything about pods has been told
   * @param onEnd is told of every pod whose containers have ended
   */
  public PodSink(
      ClusterListener listener,
      Predicate<PodView> waitsForKerf,
      ForeignPods foreignPods,
      Labels labels,
      Quarantine quarantine,
      LongSupplier heard,
      Consumer<String> onEnd) {
    this.listener = listener;
    this.waitsForKerf = waitsForKerf;
    this.foreignPods = foreignPods;
    this.labels = labels;
    this.quarantine = quarantine;
    this.heard = heard;
    this.onEnd = onEnd;
  }

  @Override
  public PodView read(Meta meta, JsonSlice json) throws WireException {
    return parse(json);
  }

  public static PodView parse(JsonSlice json) throws WireException {
    try (JsonParser parser = JSON.createParser(json.bytes(), json.offset(), json.length())) {
      return PodReader.readDocument(parser);
    } catch (IOException e) {
      throw new WireException("The pod cannot be read: " + e.getMessage());
    }
  }

  @Override
  public void put(Meta meta, PodView pod) {
    if (pod.phase() == PodView.Phase.OVER) {
      listener.podOver(pod);
      ended(pod.uid());
      return;
    }
    if (quarantine.isHeld(pod.uid())) {
      // The API server has it again, as after a restore from a backup.
      ended(pod.uid());
    }
    quarantine.podChanged(pod);
    tell(pod);
  }

  private void tell(PodView pod) {
    boolean waits = waitsForKerf.test(pod);
    if (waits) {
      quarantine.wanted(pod);
    }
    if (pod.isBound() || waits) {
      listener.podChanged(pod);
      labels.podChanged(pod);
    }
    foreignPods.podChanged(pod);
  }

  /** It is told as if it had been heard: first that it was there, then that it is gone. */
  @Override
  public void missed(Meta meta, PodView pod) {
    if (Quarantine.mayUseGpus(pod)) {
      if (!quarantine.isHeld(pod.uid())) {
        quarantine.podChanged(pod);
      }
      tell(pod);
      deleted(meta);
    }
  }

  /** The pod exists, but its object cannot be read; what Kerf knew of it stays valid. */
  @Override
  public void unreadable(Meta meta, String problem) {
    listener.podUnreadable(new PodView.Ref(meta.namespace(), meta.name(), meta.uid()), problem);
  }

  /** The object is gone; its containers may run on. */
  @Override
  public void deleted(Meta meta) {
    Quarantined hold = quarantine.hold(meta, heard.getAsLong());
    if (hold == null) {
      ended(meta.uid());
    } else {
      listener.podQuarantined(meta.uid(), hold);
    }
  }

  /**
   * Ends quarantines whose time is over; to be called now and then. An end that fails is tried
   * again.
   */
  public void tick() {
    for (String uid : quarantine.over()) {
      try {
        ended(uid);
      } catch (RuntimeException e) {
        LOG.atError()
            .addKeyValue(LogKeys.UID, uid)
            .setCause(e)
            .log("The end of a pod that was deleted by force could not be taken in.");
      }
    }
  }

  /**
   * The quarantine is forgotten after the listener was told, so that an end which it could not take
   * in is told again; and before claims are looked at, for which the pod may run until then.
   */
  private void ended(String uid) {
    listener.podEnded(uid);
    quarantine.forget(uid);
    foreignPods.podEnded(uid);
    labels.podEnded(uid);
    onEnd.accept(uid);
  }
}
