package gpu.kerf.model.team;

/**
 * Running work that will have to go.
 *
 * @param limit the limit that its team exceeds then
 */
public record Shrinking(Reclaim.Victim victim, WaitReason.Limit limit) {}
