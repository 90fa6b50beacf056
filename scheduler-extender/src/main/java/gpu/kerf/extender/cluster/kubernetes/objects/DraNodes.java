package gpu.kerf.extender.cluster.kubernetes.objects;

/** On which nodes a DRA driver hands out the GPUs. */
public enum DraNodes {
  /** On those that are labelled so. */
  LABELLED,
  /** Also on all others where a DRA driver can do it and no device plugin has registered. */
  ALL_THAT_CAN
}
