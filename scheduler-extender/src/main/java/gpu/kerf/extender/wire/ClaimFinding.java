package gpu.kerf.extender.wire;

/**
 * Whether the ResourceClaims that a pod names give it GPUs, as far as is known.
 *
 * @param claim the one that decides, by its name in the pod; empty where none has to do with GPUs
 * @param deviceClass which of its classes decides; empty where its allocation does, or none is
 *     known
 */
public record ClaimFinding(Kind kind, String claim, String deviceClass) {

  /** How much is known. */
  public enum Kind {
    /** Their devices are none, or will be none. */
    NO_GPUS,
    /** One has GPUs, or asks for some. */
    GPUS,
    /** One is not there yet, or does not say of which driver its devices are. */
    UNKNOWN
  }

  public static final ClaimFinding NO_GPUS = new ClaimFinding(Kind.NO_GPUS, "", "");
}
