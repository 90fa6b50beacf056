package gpu.kerf.extender.cluster.kubernetes.objects;

import gpu.kerf.extender.cluster.Quarantined;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.PodView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Pods whose objects are gone while their containers may still run.
 *
 * <p>A deletion with grace period 0 ({@code kubectl delete --force}) removes the object at once.
 * The kubelet hears of it later. It gives the containers two seconds at least, and their whole
 * grace period if it missed the last version of the object. An older kubelet always gives the whole
 * grace period. A deletion that is not forced ends the other way round: the kubelet reports that
 * the containers have ended, and only then removes the object. So a pod that uses GPUs is held
 * after its object is gone unless its last version says that its containers have ended. That it
 * never started is no proof: the kubelet may have begun after it wrote the last version.
 *
 * <p>Devices that a DRA driver prepared may outlive the containers: of a pod that was deleted by
 * force while its kubelet was down, the kubelet lets go only when it next compares its claims with
 * its pods. Such a pod is held for longer.
 *
 * <p>It is held for the longest grace period that was seen, and a margin. The margin is the time
 * that the kubelet may take to hear of the deletion. A kubelet that is cut off for longer is
 * reported as silent ({@code Ready=Unknown}): then the whole wait starts when it is heard again.
 * For that the margin must be longer than {@code --node-monitor-grace-period} of the
 * controller-manager. A node that has started anew since (another boot id) runs none of the old
 * containers.
 *
 * <p>Only memory keeps this. A replica that did not hear the deletion hears it again: {@code
 * MissedDeletions}.
 */
public final class Quarantine {
  private static final long SHORTEST_GRACE_SECONDS = 2;

  /** A kubelet compares once in 60 s, and then the driver destroys the devices. */
  private static final long RELEASE_SECONDS = 90;

  /** What the record of a placement has where a DRA driver hands the devices out. */
  private static final String DRIVER_DEVICE = "\"device\":";

  private final Duration margin;
  private final LongSupplier nanos;
  private final QuarantineListener listener;
  private final Map<String, Running> running = new HashMap<>();
  private final Map<String, Held> held = new HashMap<>();
  private final Map<String, NodeObject.Kubelet> kubelets = new HashMap<>();
  private volatile long longestGraceSeconds = SHORTEST_GRACE_SECONDS;
  private volatile boolean driverSeen;

  /** A pod that uses GPUs, as it was seen last. */
  private record Running(String node, long graceSeconds, boolean byDriver) {}

  /**
   * A pod whose object is gone.
   *
   * @param after the deletion is newer than this version
   */
  private record Held(String node, String bootId, long period, long after, Quarantined hold) {
    Held with(Quarantined other) {
      return new Held(node, bootId, period, after, other);
    }
  }

  /** Who wants to know. */
  public interface QuarantineListener {
    /** A pod is held from now on, for so long unless its node falls silent. */
    void begun(Meta pod, String node, Duration period);

    /** The wait for a pod that is held has changed. */
    void changed(String uid, Quarantined hold);
  }

  /**
   * @param margin how long a kubelet that works may take to hear of a deletion
   */
  public Quarantine(Duration margin, LongSupplier nanos, QuarantineListener listener) {
    this.margin = margin;
    this.nanos = nanos;
    this.listener = listener;
  }

  /** A pod is there. */
  void podChanged(PodView pod) {
    if (mayUseGpus(pod)) {
      wanted(pod);
      boolean byDriver = hasDriverDevices(pod);
      if (byDriver) {
        driverSeen = true;
      }
      running.put(pod.uid(), new Running(pod.nodeName(), pod.graceSeconds(), byDriver));
    } else {
      running.remove(pod.uid());
    }
  }

  /** Whether the object of a pod goes at once when it is deleted, before its containers have. */
  public boolean goesAtOnce(String uid) {
    Running pod = running.get(uid);
    return pod != null && pod.graceSeconds == 0;
  }

  /** A pod may come to use GPUs. */
  void wanted(PodView pod) {
    longestGraceSeconds = Math.max(longestGraceSeconds, pod.graceSeconds());
  }

  /** No pod that uses GPUs, or may come to, has a longer grace period. */
  public long longestGraceSeconds() {
    return longestGraceSeconds;
  }

  /** Whether containers of a pod may have GPUs, as far as its object says. */
  static boolean mayUseGpus(PodView pod) {
    return pod.isBound() && !pod.ended() && usesGpus(pod);
  }

  private static boolean usesGpus(PodView pod) {
    return pod.claimsDevices()
        || !pod.annotation(Annotations.PLACEMENT).isEmpty()
        || pod.containers().stream().anyMatch(Dialects::usesDevicePlugin)
        || pod.initContainers().stream().anyMatch(Dialects::usesDevicePlugin);
  }

  private static boolean hasDriverDevices(PodView pod) {
    return pod.claimsDevices()
        || !pod.resourceClaim().isEmpty()
        || pod.annotation(Annotations.PLACEMENT).contains(DRIVER_DEVICE);
  }

  /**
   * A pod object is gone: how long its slots are held; null if nothing of it can run any more.
   *
   * @param after the deletion is newer than this version
   */
  @Nullable Quarantined hold(Meta meta, long after) {
    Held known = held.get(meta.uid());
    if (known != null) {
      // It is told again where a listener could not take it in.
      return known.hold;
    }
    Running pod = running.remove(meta.uid());
    if (pod == null) {
      return null;
    }
    NodeObject.Kubelet kubelet = kubelet(pod.node);
    long period = period(pod.graceSeconds, pod.byDriver);
    Quarantined hold = new Quarantined(nanos.getAsLong() + period, kubelet.silent());
    held.put(meta.uid(), new Held(pod.node, kubelet.bootId(), period, after, hold));
    listener.begun(meta, pod.node, Duration.ofNanos(period));
    return hold;
  }

  private NodeObject.Kubelet kubelet(String node) {
    return kubelets.getOrDefault(node, NodeObject.Kubelet.UNKNOWN);
  }

  /**
   * How long any pod with such a grace period is held, in nanoseconds; half of what a stop watch
   * can tell apart at most, which is 146 years.
   */
  public long period(long graceSeconds) {
    return period(graceSeconds, driverSeen);
  }

  private long period(long graceSeconds, boolean byDriver) {
    long grace = TimeUnit.SECONDS.toNanos(Math.max(SHORTEST_GRACE_SECONDS, graceSeconds));
    long release = byDriver ? TimeUnit.SECONDS.toNanos(RELEASE_SECONDS) : 0;
    return Math.min(grace, Long.MAX_VALUE / 2) + margin.toNanos() + release;
  }

  /** All deletions of pods that are held are newer than this version. */
  public long oldestDeletion() {
    return held.values().stream().mapToLong(Held::after).min().orElse(Long.MAX_VALUE);
  }

  boolean isHeld(String uid) {
    return held.containsKey(uid);
  }

  /** Whether containers of a pod may run, be its object there or not. */
  public boolean mayRun(String uid) {
    return running.containsKey(uid) || held.containsKey(uid);
  }

  void forget(String uid) {
    running.remove(uid);
    held.remove(uid);
  }

  /** A node is there, or is another than before. */
  public void nodeChanged(String node, NodeObject.Kubelet kubelet) {
    if (kubelet.equals(kubelets.put(node, kubelet))) {
      return;
    }
    for (Map.Entry<String, Held> each : List.copyOf(held.entrySet())) {
      if (each.getValue().node.equals(node)) {
        heard(each.getKey(), each.getValue(), kubelet);
      }
    }
  }

  private void heard(String uid, Held pod, NodeObject.Kubelet kubelet) {
    long now = nanos.getAsLong();
    boolean startedAnew =
        !pod.bootId.isEmpty()
            && !kubelet.bootId().isEmpty()
            && !pod.bootId.equals(kubelet.bootId());
    if (startedAnew) {
      change(uid, pod, new Quarantined(now, false));
    } else if (pod.hold.nodeSilent() != kubelet.silent()) {
      change(uid, pod, new Quarantined(now + pod.period, kubelet.silent()));
    }
  }

  private void change(String uid, Held pod, Quarantined hold) {
    held.put(uid, pod.with(hold));
    listener.changed(uid, hold);
  }

  /** The node object is gone: nothing can be placed there, and nothing will be heard of it. */
  public void nodeRemoved(String node) {
    NodeObject.Kubelet before = kubelets.remove(node);
    if (before != null && before.silent()) {
      nodeChanged(node, new NodeObject.Kubelet(false, before.bootId(), before.version()));
      kubelets.remove(node);
    }
  }

  /** The pods whose containers have surely ended. */
  List<String> over() {
    List<String> over = new ArrayList<>();
    for (Map.Entry<String, Held> each : held.entrySet()) {
      Quarantined hold = each.getValue().hold;
      if (!hold.nodeSilent() && hold.untilNanos() - nanos.getAsLong() <= 0) {
        over.add(each.getKey());
      }
    }
    return over;
  }
}
