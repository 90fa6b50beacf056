package gpu.kerf.extender.audit;

/** The rules that an audit checks, each with the word under which its breaches are counted. */
public enum Rule {
  WHOLE_GPU("whole-gpu", Level.OVERLAP, "hold a whole GPU and something else on it"),
  MIG_INSTANCE("mig-instance", Level.OVERLAP, "hold the same MIG instance"),
  MIG_SLICES("mig-slices", Level.OVERLAP, "hold the same memory slices"),
  MIG_AND_SHARE("mig-and-share", Level.OVERLAP, "hold MIG instances and shares of one GPU"),
  MEMORY("memory", Level.OVERLAP, "hold more memory than there is"),
  MULTIPROCESSORS("multiprocessors", Level.OVERLAP, "hold more multiprocessors than there are"),
  RESOURCE_CLAIM("resource-claim", Level.OVERLAP, "hold what is allocated to a ResourceClaim"),
  OTHER_SCHEDULER("other-scheduler", Level.OVERLAP, "hold what another scheduler gave away"),

  MISSING_GPU("missing-gpu", Level.INVALID, "holds a GPU that the node does not have"),
  MISSING_INSTANCE(
      "missing-instance", Level.INVALID, "holds a part that the GPU in its mode does not have"),
  OTHER_NODE("other-node", Level.INVALID, "is bound to another node than its placement is of"),
  DUPLICATE_GPU("duplicate-gpu", Level.INVALID, "is listed by two nodes"),

  UNREADABLE("unreadable", Level.UNKNOWN, "cannot be read"),
  UNKNOWN_DEVICES("unknown-devices", Level.UNKNOWN, "has devices that no object names");

  /** How bad a breach is. */
  public enum Level {
    /** Two hold the same. */
    OVERLAP,
    /** One holds what is not there. */
    INVALID,
    /** What is held cannot be told. */
    UNKNOWN
  }

  private final String word;
  private final Level level;
  private final String text;

  Rule(String word, Level level, String text) {
    this.word = word;
    this.level = level;
    this.text = text;
  }

  /** The value of a metric's label. */
  public String word() {
    return word;
  }

  public Level level() {
    return level;
  }

  String text() {
    return text;
  }
}
