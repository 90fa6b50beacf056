package gpu.kerf.extender.wire;

import java.util.Locale;

/**
 * The errors of the verbs: why a verb could not be carried out. The answer, the log and the metric
 * contain the id.
 *
 * <p>The texts are constant, for the same reason as those of {@link
 * gpu.kerf.model.placement.Reason}.
 */
public enum VerbError {
  NOT_SYNCED("Kerf has not seen all nodes and pods yet; try again"),
  STALE("Kerf has not heard of the cluster for too long to decide; try again"),
  DELETIONS_UNKNOWN(
      "Kerf does not know which pods were deleted by force while it was away, and waits until their"
          + " containers have ended; try again"),
  BEHIND("Kerf has not yet heard of all that is on this node; try again"),
  ANOTHER_BINDS("another replica of Kerf binds, or has ended a moment ago; try again"),
  NO_LEASE("Kerf cannot use its Lease, without which it binds no pod; /readyz says why"),
  POD_UNKNOWN("Kerf has not seen this pod; it must pass filter first"),
  POD_IS_NONSENSE("the pod's demand for GPUs is invalid; see the events of filter"),
  NODE_UNKNOWN("Kerf does not manage this node"),
  NO_SLOT("the slot that filter saw is gone; try again"),
  HELD_ELSEWHERE("the pod holds slots on another node, and its binding there is not settled yet"),
  POD_ELSEWHERE("the pod is bound to another node already"),
  POD_GONE("the pod is gone, or is another one of the same name"),
  BIND_CONFLICT("the API server refuses to bind the pod: it is being deleted, or gated"),
  BIND_REFUSED("the API server refuses to bind the pod"),
  BIND_UNSURE("the API server did not say whether the pod is bound; try again"),
  NODE_BUSY("the node's device plugin is handing GPUs to another pod; try again"),
  INSTANCE_ENDING(
      "a pod that is ending may still use a MIG instance of the node, and HAMi's device plugin"
          + " makes none until it is gone; try again"),
  NODE_LOCK("the node could not be locked for its device plugin; try again"),
  CLAIM_REFUSED("the API server refuses the pod's ResourceClaim; the log of Kerf says why"),
  CLAIM_OVER_QUOTA(
      "a ResourceQuota of the namespace allows no further ResourceClaim, or no further device of"
          + " its class; on this node a pod with GPUs needs both"),
  CLAIM_FORBIDDEN(
      "Kerf may not write ResourceClaims; the component dra of its manifests gives it the rights"),
  CLAIM_DROPPED(
      "the API server drops the field by which a pod gets its devices; its feature"
          + " DRAExtendedResource must be on"),
  CLAIM_OF_ANOTHER(
      "another program has claimed devices for the pod already; see the extended resources of"
          + " DeviceClasses"),
  CLAIM_OVERLAPS("another ResourceClaim has a part of the same device; try again"),
  CLAIM_IN_REMOVAL("a former ResourceClaim of the pod is being removed; try again"),
  CLAIM_OF_GPUS(
      "the pod asks Kerf for GPUs, and one of its ResourceClaims has GPUs as well; leave one of"
          + " them out"),
  CLAIM_UNKNOWN(
      "Kerf does not know yet what is allocated to a ResourceClaim of the pod; try again"),
  CLAIM_UNSURE("the API server did not say whether the pod's devices are claimed; try again"),
  DEVICE_CLASS(
      "the DeviceClass of the pod's devices is missing, or a DeviceClass stands for a resource of"
          + " Kerf; the log of Kerf says which"),
  NOT_YOUR_TURN("it is not the turn of the pod's team; see its condition kerf.gpu/Turn"),
  GANG_WAITS(
      "the pods of the gang are bound together, and one of them is not there yet; try again"),
  INTERNAL("Kerf failed; its log says more under this id");

  private final String text;

  VerbError(String text) {
    this.text = text;
  }

  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  public String text() {
    return text;
  }

  /** What a verb answers. */
  public String answer() {
    return text + " (kerf:" + id() + ")";
  }
}
