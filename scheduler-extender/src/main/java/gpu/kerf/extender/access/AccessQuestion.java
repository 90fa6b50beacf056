package gpu.kerf.extender.access;

import gpu.kerf.extender.team.TeamSource;

/**
 * Something that a user may be allowed to read.
 *
 * @param path for what is no object of the API server; then all others are empty
 * @param namespace empty for all namespaces
 * @param name empty for any name
 */
public record AccessQuestion(
    String path, String group, String resource, String namespace, String name) {

  /** To get pods of a namespace; of all, if it is empty. */
  static AccessQuestion pods(String namespace) {
    return new AccessQuestion("", "", "pods", namespace, "");
  }

  /** To get a team; every team, if the name is empty. */
  static AccessQuestion team(TeamSource source, String name) {
    return source == TeamSource.KAI
        ? new AccessQuestion("", "scheduling.run.ai", "queues", "", name)
        : new AccessQuestion("", "kerf.gpu", "teams", "", name);
  }

  /** To get a path, as those have the right that scrape other parts of Kubernetes. */
  static AccessQuestion path(String path) {
    return new AccessQuestion(path, "", "", "", "");
  }
}
