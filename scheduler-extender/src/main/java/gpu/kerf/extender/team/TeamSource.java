package gpu.kerf.extender.team;

/** Which objects of a cluster say what the teams are. */
public enum TeamSource {
  /** Kerf's own resource Team; pods belong to a team by their namespace. */
  KERF,
  /** Queues of KAI's scheduler; pods belong to a team by their label. */
  KAI
}
