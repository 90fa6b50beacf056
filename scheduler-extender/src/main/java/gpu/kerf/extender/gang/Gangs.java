package gpu.kerf.extender.gang;

import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.PodView;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All gangs of the cluster. It learns from the watch of pods and from the objects that name sizes,
 * and never from a question about a pod, which may be hypothetical.
 */
public final class Gangs {

  private final Map<GangKey, Gang> gangs = new LinkedHashMap<>();
  private final Map<String, Gang> byId = new HashMap<>();
  private final Map<String, Gang> byUid = new HashMap<>();
  private final Map<String, String> refused = new HashMap<>();
  private final Map<GangKey, GangSize> sizes = new HashMap<>();

  /** A pod is there, or is another than before; the gang that it is in, or null. */
  public @Nullable Gang podChanged(PodView pod) {
    Membership says = MembershipReader.read(pod);
    Gang before = byUid.get(pod.uid());
    if (pod.phase() == PodView.Phase.OVER || says == null || says.isRefused()) {
      podEnded(pod.uid());
      if (says != null && says.isRefused() && pod.phase() != PodView.Phase.OVER) {
        refused.put(pod.uid(), says.problem());
      }
      return null;
    }
    if (before != null && !before.key().equals(says.gang())) {
      podEnded(pod.uid());
    }
    refused.remove(pod.uid());
    Gang gang = gangs.computeIfAbsent(says.gang(), this::created);
    gang.put(member(pod, says));
    byUid.put(pod.uid(), gang);
    return gang;
  }

  private Gang created(GangKey key) {
    Gang gang = new Gang(key);
    gang.sizeElsewhere(sizes.get(key));
    byId.put(key.id(), gang);
    return gang;
  }

  private static Gang.Member member(PodView pod, Membership says) {
    return new Gang.Member(
        pod.ref(),
        says.size(),
        pod.createdMillis(),
        pod.isBound(),
        pod.terminating(),
        begun(pod.annotation(Annotations.GANG_BEGUN)));
  }

  private static long begun(String millis) {
    return millis.matches("[0-9]{1,15}") ? Long.parseLong(millis) : 0;
  }

  /** A pod is gone, or its containers have ended. */
  public void podEnded(String uid) {
    refused.remove(uid);
    Gang gang = byUid.remove(uid);
    if (gang != null) {
      gang.remove(uid);
      if (gang.isEmpty()) {
        gangs.remove(gang.key());
        byId.remove(gang.key().id());
      }
    }
  }

  /** An object says how many pods a gang has; null if the object is gone. */
  public @Nullable Gang sizeChanged(GangKey key, @Nullable GangSize size) {
    if (size == null) {
      sizes.remove(key);
    } else {
      sizes.put(key, size);
    }
    Gang gang = gangs.get(key);
    if (gang != null) {
      gang.sizeElsewhere(size);
    }
    return gang;
  }

  /** The gang of an id; null if none of its pods is there. */
  public @Nullable Gang named(String id) {
    return byId.get(id);
  }

  /** The gang of a pod; null if the pod is in none, or is not known. */
  public @Nullable Gang of(String uid) {
    return byUid.get(uid);
  }

  /** Why a pod cannot be in the gang that it names; empty if it can, or names none. */
  public String problem(String uid) {
    Gang gang = byUid.get(uid);
    return gang != null ? gang.problem(uid) : refused.getOrDefault(uid, "");
  }

  /** Whether a pod of a gang is there. */
  public boolean has(GangKey key) {
    return gangs.containsKey(key);
  }

  /** How many pods a gang has by its own object; null if that is not known. */
  public @Nullable GangSize size(GangKey key) {
    return sizes.get(key);
  }

  /** All of them, in the order in which their first pods came. */
  public Collection<Gang> all() {
    return Collections.unmodifiableCollection(gangs.values());
  }
}
