package gpu.kerf.extender.access;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What one client may see: all, or some namespaces and some teams. Sums of GPU memory over a node
 * or the fleet are no secret, names of pods, namespaces and teams are.
 *
 * @param allNamespaces whether it sees the pods of every namespace
 * @param allTeams whether it sees every team
 * @param namespaces those that it sees, if not all
 * @param teams those that it sees, if not all
 */
public record Viewer(
    boolean allNamespaces, boolean allTeams, Set<String> namespaces, Set<String> teams) {

  /** Sees all: an administrator, or a client of a port that is open. */
  public static final Viewer ALL = new Viewer(true, true, Set.of(), Set.of());

  /** What stands for the name of a team that is not to be seen. */
  public static final String ANOTHER_TEAM = "another team";

  /** What stands for the name of a pod or gang that is not to be seen. */
  public static final String A_POD = "a pod";

  private static final Pattern TEAM =
      Pattern.compile(
          "(?<!\\b(?:no|a|same|another) )\\b([Tt])eam ([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)");

  private static final Pattern POD =
      Pattern.compile("\\b([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)/[a-z0-9][-a-z0-9.]*");

  public Viewer {
    namespaces = Set.copyOf(namespaces);
    teams = Set.copyOf(teams);
  }

  public boolean seesAll() {
    return allNamespaces && allTeams;
  }

  public boolean seesNamespace(String namespace) {
    return allNamespaces || namespaces.contains(namespace);
  }

  public boolean seesTeam(String team) {
    return allTeams || teams.contains(team);
  }

  public boolean seesNothing() {
    return !allNamespaces && !allTeams && namespaces.isEmpty() && teams.isEmpty();
  }

  /** The name of a team, or what stands for it. */
  public String team(String name) {
    return seesTeam(name) ? name : ANOTHER_TEAM;
  }

  /**
   * What a pod (NAMESPACE/NAME) or a gang (words, then the same) is called, or what stands for it.
   */
  public String work(String name) {
    return seesNamespace(namespaceOf(name)) ? name : A_POD;
  }

  private static String namespaceOf(String name) {
    int slash = name.indexOf('/');
    return slash < 0 ? "" : name.substring(name.lastIndexOf(' ', slash) + 1, slash);
  }

  /** A sentence in which no pod has a name (NAMESPACE/NAME) that is not to be seen. */
  public String withoutPods(String text) {
    return allNamespaces
        ? text
        : POD.matcher(text)
            .replaceAll(
                found ->
                    seesNamespace(found.group(1))
                        ? Matcher.quoteReplacement(found.group())
                        : A_POD);
  }

  /** A sentence in which no team has a name that is not to be seen. Kerf writes "team NAME". */
  public String sentence(String text) {
    return allTeams
        ? text
        : TEAM.matcher(text)
            .replaceAll(
                found ->
                    seesTeam(found.group(2))
                        ? found.group()
                        : found.group(1).equals("T") ? "Another team" : ANOTHER_TEAM);
  }
}
