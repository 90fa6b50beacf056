package gpu.kerf.extender.gang;

/** Names a gang. A gang lies within one namespace, so that no pod of another one can join it. */
public record GangKey(Source source, String namespace, String name) {

  /** In which words pods name their gang. */
  public enum Source {
    /** {@code kerf.gpu/gang}. */
    KERF("gang"),
    /** A Job whose pods say {@code kerf.gpu/gang: job}. */
    JOB("Job"),
    /** The PodGroup of Kubernetes itself, named by {@code spec.schedulingGroup}. */
    KUBERNETES("PodGroup"),
    /** The PodGroup of the project scheduler-plugins. */
    SCHEDULER_PLUGINS("PodGroup"),
    VOLCANO("PodGroup"),
    KAI("PodGroup"),
    KUEUE("pod group"),
    LEADER_WORKER_SET("LeaderWorkerSet"),
    JOB_SET("JobSet");

    private final String word;

    Source(String word) {
      this.word = word;
    }

    /** What users call such a group. */
    public String word() {
      return word;
    }
  }

  /** A text that no other work has. */
  public String id() {
    return "gang " + source + " " + namespace + "/" + name;
  }

  @Override
  public String toString() {
    return source.word() + " " + namespace + "/" + name;
  }
}
