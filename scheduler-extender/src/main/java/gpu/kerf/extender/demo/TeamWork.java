package gpu.kerf.extender.demo;

/**
 * Work of a team: one pod, or a gang of equal ones.
 *
 * @param each what each pod asks for; its namespace has the team's name
 * @param evictable whether other teams may take its GPUs back
 */
record TeamWork(Work each, int pods, boolean evictable) {

  String team() {
    return each.namespace();
  }

  boolean isGang() {
    return pods > 1;
  }

  /** The name of the pod, or of the gang. */
  String name() {
    return each.name();
  }
}
