package gpu.kerf.extender.team;

/** The names by which a pod that waits for its turn is known. */
public final class TurnGate {

  /** The scheduling gate: kube-scheduler leaves a pod alone that has it. */
  public static final String NAME = "kerf.gpu/turn";

  /** The condition in the status of a pod, which says why it waits. */
  public static final String CONDITION = "kerf.gpu/Turn";

  private TurnGate() {}
}
