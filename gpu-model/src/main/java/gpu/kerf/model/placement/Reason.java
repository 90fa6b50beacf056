package gpu.kerf.model.placement;

/**
 * Why a demand does not fit on a node.
 *
 * <p>The texts are constant. A number or a time in them would make kube-scheduler see a new status
 * at every attempt, patch the pod, and retry for ever.
 */
public enum Reason {
  NO_GPUS(true, "the node has no GPUs that Kerf manages"),
  TOO_FEW_GPUS(true, "the node has fewer GPUs than the pod asks for"),
  OTHER_DELIVERY(
      true, "the node's device plugin hands out GPUs only to pods that ask in its own words"),
  HAS_CLAIM(
      true, "the pod names a ResourceClaim, and the node has no DRA driver that could serve it"),
  WRONG_MODEL(true, "the node has no GPU of the models that the pod accepts"),
  WRONG_WALL(true, "the node has no GPU with the wall that the pod needs"),
  NO_WHOLE_GPUS(
      true, "the node gives out its GPUs in MIG instances alone, and the pod asks for whole ones"),
  NO_SUCH_PROFILE(true, "no GPU of the node has the MIG profile that the pod asks for"),
  TOO_BIG(true, "no GPU of the node has as much memory as the pod asks for"),
  MORE_THAN_COUNTED(
      true, "the node would give the pod more GPU memory than the quota has counted for it"),
  TOO_MUCH_CPU(true, "the node has less CPU than the pod asks for"),
  TOO_MUCH_HOST_MEMORY(true, "the node has less memory than the pod asks for"),
  NOT_YOUR_TURN(true, "it is not the turn of the pod's team; see its condition kerf.gpu/Turn"),
  BUDGET_EXHAUSTED(
      true, "the budget of the pod's team leaves nothing for it; see its condition kerf.gpu/Turn"),
  GANG_WAITS(
      true, "the pods of the gang start together, and not all of them exist and fit at once yet"),
  CLAIM_OF_GPUS(
      true,
      "the pod asks Kerf for GPUs, and one of its ResourceClaims asks for GPUs as well; leave one"
          + " of them out"),
  GPUS_UNUSABLE(false, "the GPUs that could hold the pod are unhealthy or used by others"),
  CPU_TAKEN(false, "too much CPU of the node is in use"),
  HOST_MEMORY_TAKEN(false, "too much memory of the node is in use"),
  GPUS_TAKEN(false, "not enough whole GPUs of the node are free"),
  MEMORY_TAKEN(false, "not enough GPU memory of the node is free"),
  FRAGMENTED(false, "enough GPU memory of the node is free, but not in one piece"),
  SM_TAKEN(false, "not enough multiprocessors are free on the GPUs that have the memory"),
  CLIENTS_FULL(false, "the GPUs that have the memory serve as many MPS clients as they can"),
  CONTAINERS_DO_NOT_FIT_TOGETHER(
      false, "each container fits on the node, but not all of them together");

  private final boolean never;
  private final String text;

  Reason(boolean never, String text) {
    this.never = never;
    this.text = text;
  }

  /** Whether no other pod's leaving can change it. */
  public boolean never() {
    return never;
  }

  public String text() {
    return text;
  }
}
