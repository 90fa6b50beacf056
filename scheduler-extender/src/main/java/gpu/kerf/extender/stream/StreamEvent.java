package gpu.kerf.extender.stream;

/**
 * An event with its place in the log.
 *
 * @param number grows by one with each event of a run
 * @param time in milliseconds
 */
public record StreamEvent(long number, long time, EventData data) {}
