package gpu.kerf.extender.cluster;

/** The result of an attempt to lock a node. */
public enum LockResult {
  /** It is locked for the pod, be it since an earlier attempt. */
  TAKEN,
  /** It is locked for another pod. */
  BUSY
}
