package gpu.kerf.extender.turn;

/**
 * What users of a running pod are told of its eviction before it comes.
 *
 * @param reason in one word, such as {@code WindowCloses}
 */
public record EvictionNotice(String reason, String text) {}
