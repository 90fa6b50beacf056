package gpu.kerf.model.fleet;

/**
 * The pod that holds slots, with what accounting, fair share and eviction need to know of it.
 *
 * @param owner what created the pod, such as a Job or a ReplicaSet; empty if nothing did
 * @param group pods that are worth nothing without each other share a group; empty if there is none
 */
public record Holder(
    String uid, String namespace, String name, String owner, String group, int priority) {
  public Holder {
    if (uid.isBlank()) {
      throw new IllegalArgumentException(
          "The uid ("
              + uid
              + ") of pod "
              + namespace
              + "/"
              + name
              + " is blank.\n"
              + "The API server gives every pod one; a pod that is not created yet has none.");
    }
  }

  public static Holder of(String uid) {
    return new Holder(uid, "default", uid, "", "", 0);
  }

  public Holder withPriority(int value) {
    return new Holder(uid, namespace, name, owner, group, value);
  }

  public Holder inGroup(String value) {
    return new Holder(uid, namespace, name, owner, value, priority);
  }
}
