package gpu.kerf.extender.wire;

/**
 * The keys of the annotations that Kerf writes, and of those by which nodes report their GPUs; and
 * the label of nodes that pods may select.
 */
public final class Annotations {

  /** On a pod: what it holds, as a {@link PlacementRecord}. */
  public static final String PLACEMENT = "kerf.gpu/placement";

  /** On a node: its GPUs, as an {@link InventoryRecord}. */
  public static final String INVENTORY = "kerf.gpu/inventory";

  /** On a pod, with a container's name behind it: which devices the container sees. */
  public static final String VISIBLE_DEVICES = "kerf.gpu/visible-devices.";

  /** On a pod, with a container's name behind it: how much memory it may pin on each device. */
  public static final String MPS_MEMORY = "kerf.gpu/mps-memory.";

  /** On a pod, with a container's name behind it: its part of the multiprocessors, in percent. */
  public static final String MPS_THREADS = "kerf.gpu/mps-threads.";

  /**
   * On a pod, with a container's name behind it: where the pipes of the MPS daemon are, if the
   * container got a share.
   */
  public static final String MPS_PIPE = "kerf.gpu/mps-pipe.";

  /** On a pod: {@code "false"} keeps other teams from taking its GPUs back. */
  public static final String EVICTABLE = "kerf.gpu/evictable";

  /**
   * On a pod of another dialect: that the webhook has added Kerf's resources so that quota counts
   * it. Behind the dialect's name stands of how many MiB fractions were counted.
   */
  public static final String COUNTED = "kerf.gpu/counted";

  /**
   * On a pod that was bound together with others of its gang: when the newest of these was created,
   * in milliseconds. A pod of the gang that is as old and not bound was to be bound with it.
   */
  public static final String GANG_BEGUN = "kerf.gpu/gang-begun";

  /**
   * On a pod that was given slots: when bind took them, in milliseconds since 1970. The API server
   * says to the second alone when it bound a pod.
   */
  public static final String HELD_SINCE = "kerf.gpu/held-since";

  /**
   * On an object of a controller, such as a ReplicaSet: the version of the event after which Kerf
   * let the controller try again to create its pods.
   */
  public static final String RETRY = "kerf.gpu/retry";

  /** A label on a node: how its containers receive their devices. */
  public static final String DELIVERY = "kerf.gpu/delivery";

  private Annotations() {}
}
