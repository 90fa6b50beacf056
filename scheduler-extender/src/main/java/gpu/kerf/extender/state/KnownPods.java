package gpu.kerf.extender.state;

import gpu.kerf.extender.dialect.Reading;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.placement.Reason;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The pods that are known, by uid, in the order in which they came.
 *
 * <p>Pods that only a filter call has mentioned are removed, the oldest first, when there are too
 * many of them: no event will report their end.
 */
public final class KnownPods {

  /** More than kube-scheduler holds pending at once in any cluster that it serves well. */
  private static final int MOST_MENTIONED = 20_000;

  private final Map<String, KnownPod> pods = new LinkedHashMap<>();
  private final Map<String, Boolean> mentioned = new LinkedHashMap<>();
  private Consumer<KnownPod> onBound = pod -> {};

  /** Filter was asked about a pod. */
  KnownPod mention(PodView pod, Reading reading, long now) {
    if (!pods.containsKey(pod.uid())) {
      mentioned.put(pod.uid(), true);
      forgetOldest();
    }
    return put(pod, reading, now);
  }

  /** The cluster told about a pod. */
  KnownPod see(PodView pod, Reading reading, long now) {
    mentioned.remove(pod.uid());
    return put(pod, reading, now);
  }

  private KnownPod put(PodView pod, Reading reading, long now) {
    KnownPod fresh = KnownPod.of(pod, reading, now);
    KnownPod earlier = pods.get(pod.uid());
    if (earlier != null && !earlier.isPending() && fresh.isPending()) {
      // A pod is never unbound: this is older news, such as kube-scheduler's about a binding whose
      // answer it did not get.
      return earlier;
    }
    KnownPod known = earlier == null ? fresh : fresh.after(earlier);
    if (earlier != null && isPlaced(pod) && !earlier.isNonsense()) {
      known = known.holding(earlier);
    }
    pods.put(pod.uid(), known);
    if (earlier != null && earlier.isPending() && isPlaced(pod)) {
      // The cluster tells it before the answer to the binding is here, or another replica did it.
      onBound.accept(earlier);
    }
    return known;
  }

  /** Whether Kerf has placed it. */
  private static boolean isPlaced(PodView pod) {
    return pod.isBound() && !pod.annotation(Annotations.PLACEMENT).isEmpty();
  }

  private void forgetOldest() {
    if (mentioned.size() > MOST_MENTIONED) {
      String oldest = mentioned.keySet().iterator().next();
      mentioned.remove(oldest);
      pods.remove(oldest);
    }
  }

  /** Why a pod stays pending; empty if it fits somewhere. */
  public void explain(KnownPod pod, String reason) {
    if (!pod.reason().equals(reason)) {
      change(pod.because(reason));
    }
  }

  /** A pod stays pending for these reasons on so many nodes each; the most frequent one is kept. */
  public void explain(KnownPod pod, Map<Reason, Integer> reasons) {
    Reason most = null;
    for (Map.Entry<Reason, Integer> reason : reasons.entrySet()) {
      boolean better =
          most == null
              || rank(reason.getKey(), reason.getValue())
                  > rank(most, reasons.getOrDefault(most, 0));
      most = better ? reason.getKey() : most;
    }
    explain(pod, most == null ? "" : most.text());
  }

  /** What can change comes before what never will. */
  private static long rank(Reason reason, int nodes) {
    return reason.never() ? nodes : nodes + (1L << 32);
  }

  /** A pod has been bound. */
  public void bound(String uid, String node, long now) {
    KnownPod pod = pods.get(uid);
    if (pod != null && pod.isPending()) {
      onBound.accept(pod);
      change(pod.on(node, now));
    }
  }

  /** Tells of every pod that Kerf binds, once, as it was while it waited. */
  public void onBound(Consumer<KnownPod> listener) {
    onBound = listener;
  }

  void change(KnownPod pod) {
    pods.replace(pod.uid(), pod);
  }

  void remove(String uid) {
    pods.remove(uid);
    mentioned.remove(uid);
  }

  public @Nullable KnownPod get(String uid) {
    return pods.get(uid);
  }

  /** All of them, in the order in which they came. */
  public Collection<KnownPod> all() {
    return Collections.unmodifiableCollection(pods.values());
  }

  public int size() {
    return pods.size();
  }
}
