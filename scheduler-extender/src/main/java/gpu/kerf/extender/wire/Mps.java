package gpu.kerf.extender.wire;

/**
 * The paths by which a node's MPS daemon and its clients communicate. Both are on the host; the
 * first is the same in containers, the other is their {@code /dev/shm}.
 */
public final class Mps {

  /** The daemon's pipes. */
  public static final String PIPES = "/run/kerf/mps/pipe";

  /** The memory through which daemon and clients speak. */
  public static final String SHM = "/run/kerf/mps/shm";

  /** The volume by which the webhook mounts the daemon's memory at /dev/shm. */
  public static final String SHM_VOLUME = "kerf-mps-shm";

  /** What a container asks its kubelet for, where a device plugin hands out both paths. */
  public static final String RESOURCE = "kerf.gpu/mps";

  private Mps() {}
}
