package gpu.kerf.extender.audit;

import java.util.Set;

/**
 * A pod, or a ResourceClaim with allocated devices.
 *
 * @param kind {@code Pod} or {@code ResourceClaim}
 * @param pods the uids of the pods that use it: of a pod its own, of a claim those it is reserved
 *     for
 */
public record Claimant(String kind, String namespace, String name, String uid, Set<String> pods) {

  public static final String POD = "Pod";
  public static final String CLAIM = "ResourceClaim";

  public Claimant {
    pods = Set.copyOf(pods);
  }

  public static Claimant pod(String namespace, String name, String uid) {
    return new Claimant(POD, namespace, name, uid, Set.of(uid));
  }

  boolean isClaim() {
    return kind.equals(CLAIM);
  }

  /** Whether one is a claim and the other one the only pod that uses it, or both are one claim. */
  boolean mayShareWith(Claimant other) {
    return (isClaim() && uid.equals(other.uid))
        || (isClaim() != other.isClaim() && pods.equals(other.pods));
  }

  /** How people name it, such as {@code pod ml/train-0}. */
  @Override
  public String toString() {
    return (isClaim() ? "claim " : "pod ") + namespace + "/" + name;
  }
}
