package gpu.kerf.extender.audit;

/**
 * A part of one GPU that is held. A value that the objects do not give is empty, or below zero.
 *
 * @param by the container, or the request of a ResourceClaim
 * @param gpu the index on the node; -1 where only the uuid is known
 * @param uuid of the GPU
 * @param profile of a MIG instance
 * @param start of a MIG instance, in the driver's units
 * @param size of a MIG instance in the same units; 0 where it follows from the profile
 * @param instance the uuid of a MIG instance
 * @param smMilli thousandths of the multiprocessors that a share may use; 0 for no limit
 */
public record HeldSlot(
    String by,
    int gpu,
    String uuid,
    Kind kind,
    String profile,
    int start,
    int size,
    String instance,
    long memoryMiB,
    int smMilli) {

  /** How a part is held. */
  public enum Kind {
    WHOLE("whole"),
    MIG("mig"),
    SHARE("mps"),
    /** By a pod of another scheduler, that shares the GPU in a way of its own. */
    FOREIGN("foreign");

    private final String word;

    Kind(String word) {
      this.word = word;
    }

    /** The word of the text and of the JSON. */
    public String word() {
      return word;
    }
  }

  static HeldSlot whole(String by, int gpu, String uuid, long memoryMiB) {
    return new HeldSlot(by, gpu, uuid, Kind.WHOLE, "", -1, 0, "", memoryMiB, 0);
  }

  static HeldSlot share(String by, int gpu, String uuid, long memoryMiB, int smMilli) {
    return new HeldSlot(by, gpu, uuid, Kind.SHARE, "", -1, 0, "", memoryMiB, smMilli);
  }

  static HeldSlot foreign(int gpu, String uuid) {
    return new HeldSlot("", gpu, uuid, Kind.FOREIGN, "", -1, 0, "", 0, 0);
  }

  /** An instance that HAMi's scheduler has reserved; the plugin says its uuid when it is made. */
  static HeldSlot reserved(String uuid, String profile, int start, int size, String instance) {
    return new HeldSlot("", -1, uuid, Kind.MIG, profile, start, size, instance, 0, 0);
  }

  boolean isMig() {
    return kind == Kind.MIG;
  }

  HeldSlot withSize(int units) {
    return new HeldSlot(by, gpu, uuid, kind, profile, start, units, instance, memoryMiB, smMilli);
  }

  /** What is held, such as {@code MIG 3g.40gb at 4}. */
  public String text() {
    return switch (kind) {
      case WHOLE -> "the whole GPU";
      case MIG -> "MIG " + profile + " at " + start + (instance.isEmpty() ? "" : " " + instance);
      case SHARE ->
          "a share of " + memoryMiB + " MiB" + (smMilli > 0 ? " and " + smMilli + "/1000 SMs" : "");
      case FOREIGN -> "something that another scheduler gave";
    };
  }
}
