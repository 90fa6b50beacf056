package gpu.kerf.extender.cluster;

/**
 * The quarantine of a pod whose object is gone: until when its slots are held.
 *
 * @param untilNanos on the stop watch
 * @param nodeSilent the node does not report; the wait begins when it reports again
 */
public record Quarantined(long untilNanos, boolean nodeSilent) {}
