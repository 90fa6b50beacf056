package gpu.kerf.extender.cluster;

/**
 * How long the slots of a pod are held whose object is gone.
 *
 * @param untilNanos on the stop watch
 * @param nodeSilent nothing is heard of the node; the wait begins when it is heard again
 */
public record Quarantined(long untilNanos, boolean nodeSilent) {}
