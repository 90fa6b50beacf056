package gpu.kerf.extender.cluster;

/** What became of the claim of a pod for devices; its text is the API server's. */
public record ClaimResult(Kind kind, String text) {

  /** How far it came, and whose fault it is. */
  public enum Kind {
    /** The claim is allocated and reserved, and the pod names it: the pod can be bound. */
    WRITTEN,
    /** The pod is gone, or is another one of the same name. */
    POD_GONE,
    /** Another program has claimed devices for the pod: a pod can name one such claim. */
    OF_ANOTHER,
    /** The API server takes the field in which the pod names its claim, and drops it. */
    DROPPED,
    /** Another claim has a part of the same device. */
    OVERLAPS,
    /** A ResourceQuota of the namespace is used up. */
    OVER_QUOTA,
    /** Kerf lacks a right. */
    FORBIDDEN,
    /** A DeviceClass is missing, or stands for a resource that is Kerf's. */
    BAD_CLASS,
    /** A former claim of the pod is still being removed. */
    IN_REMOVAL,
    /** The API server has refused it for another reason. */
    REFUSED,
    /** Another replica may bind by now, so that nothing was written any more. */
    NOT_OURS,
    /** Unknown: no answer came in time. It may have been carried out, or may still be. */
    UNKNOWN
  }

  public static final ClaimResult WRITTEN = new ClaimResult(Kind.WRITTEN, "");
}
