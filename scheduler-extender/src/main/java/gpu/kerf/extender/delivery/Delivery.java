package gpu.kerf.extender.delivery;

import gpu.kerf.extender.wire.VerbError;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * How the containers of a pod receive their devices: by annotations that are written when the pod
 * is bound and, where a device plugin of another project needs it, by preparing the node first.
 *
 * <p>Called on the thread that owns the ledger; never blocks it.
 */
public interface Delivery {

  /** Gets ready to bind a pod. A second call for the same pod changes nothing. */
  CompletionStage<Prepared> prepare(DeliveryRequest deliveryRequest);

  /** The pod is not bound after all: what was prepared is undone, if it can be. */
  default void undo(DeliveryRequest deliveryRequest) {}

  /** What is to be written with the binding, or why there can be none now. */
  record Prepared(Map<String, String> annotations, @Nullable VerbError verbError) {

    public static Prepared with(Map<String, String> annotations) {
      return new Prepared(annotations, null);
    }

    static Prepared not(VerbError verbError) {
      return new Prepared(Map.of(), verbError);
    }
  }
}
