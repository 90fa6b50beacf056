package gpu.kerf.extender.cluster.kubernetes.calling;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A kind of object that is watched.
 *
 * @param word its name in the log and in metrics
 * @param selector a part of the query of lists and watches
 * @param firstList a part of the query of the first list alone: Kerf does not need the objects that
 *     it leaves out, but it needs later changes of the others
 * @param optional whether a cluster without it, or one that does not let Kerf see it, is served too
 * @param olderVersions API versions to try, the newest first, where the API server does not have
 *     the version of the path
 */
public record Resource(
    String word,
    String path,
    Map<String, String> selector,
    Map<String, String> firstList,
    boolean optional,
    List<String> olderVersions) {

  private static final Pattern GROUP = Pattern.compile("(/apis/[^/]+)/[^/]+/(.+)");

  private Resource(String word, String path, Map<String, String> selector, boolean optional) {
    this(word, path, selector, Map.of(), optional, List.of());
  }

  /** Whether a placement may be wrong if this kind is not known as it is. */
  public boolean isDecisive() {
    return !List.of(BUDGETS, CLASSES, CLAIM_TEMPLATES, TEAMS, QUEUES, NAMESPACES).contains(this)
        && !OF_GANGS.contains(this)
        && !OF_KUEUE.contains(this);
  }

  /** Whether the start waits until all of this kind are known. */
  public boolean isAwaited() {
    return !List.of(CLASSES, CLAIM_TEMPLATES).contains(this)
        && !OF_GANGS.contains(this)
        && !OF_KUEUE.contains(this);
  }

  /** The field that names the node; empty if objects of this kind cannot be asked for by node. */
  private String nodeField() {
    if (equals(NODES)) {
      return "metadata.name";
    }
    return equals(SLICES) ? "spec.nodeName" : "";
  }

  public boolean isOfNodes() {
    return !nodeField().isEmpty();
  }

  /** The query for the objects that belong to a node, or for all that may. */
  public Map<String, String> selectorOn(String node) {
    if (nodeField().isEmpty()) {
      return selector;
    }
    String all = selector.getOrDefault("fieldSelector", "");
    String here = nodeField() + "=" + node;
    return Map.of("fieldSelector", all.isEmpty() ? here : all + "," + here);
  }

  /** Where an API server says in which versions it has it. */
  public String group() {
    return GROUP.matcher(path).replaceFirst("$1");
  }

  /** Where it is in another version. */
  public String pathIn(String version) {
    return GROUP.matcher(path).replaceFirst("$1/" + version + "/$2");
  }

  public static final Resource NODES = new Resource("nodes", "/api/v1/nodes", Map.of(), false);

  /**
   * Pods that are over hold nothing, so the first list leaves them out. The watch does not: it
   * would tell of a pod that is over as it tells of one that was deleted by force, with the same
   * words.
   */
  public static final Resource PODS =
      new Resource(
          "pods",
          "/api/v1/pods",
          Map.of(),
          Map.of("fieldSelector", "status.phase!=Succeeded,status.phase!=Failed"),
          false,
          List.of());

  public static final Resource BUDGETS =
      new Resource("budgets", "/apis/policy/v1/poddisruptionbudgets", Map.of(), true);

  public static final Resource SLICES =
      new Resource(
          "slices",
          "/apis/resource.k8s.io/v1/resourceslices",
          Map.of("fieldSelector", "spec.driver=gpu.nvidia.com"),
          Map.of(),
          true,
          List.of("v1beta2", "v1beta1"));

  public static final Resource CLAIMS =
      new Resource(
          "claims",
          "/apis/resource.k8s.io/v1/resourceclaims",
          Map.of(),
          Map.of(),
          true,
          List.of("v1beta2", "v1beta1"));

  public static final Resource CLASSES =
      new Resource(
          "deviceclasses",
          "/apis/resource.k8s.io/v1/deviceclasses",
          Map.of(),
          Map.of(),
          true,
          List.of("v1beta2", "v1beta1"));

  public static final Resource CLAIM_TEMPLATES =
      new Resource(
          "claimtemplates",
          "/apis/resource.k8s.io/v1/resourceclaimtemplates",
          Map.of(),
          Map.of(),
          true,
          List.of("v1beta2", "v1beta1"));

  public static final Resource TEAMS =
      new Resource("teams", "/apis/kerf.gpu/v1alpha1/teams", Map.of(), true);

  /** Those of KAI's scheduler. */
  public static final Resource QUEUES =
      new Resource("queues", "/apis/scheduling.run.ai/v2/queues", Map.of(), true);

  public static final Resource NAMESPACES =
      new Resource("namespaces", "/api/v1/namespaces", Map.of(), true);

  private static Resource group(String word, String path, String... olderVersions) {
    return new Resource(word, path, Map.of(), Map.of(), true, List.of(olderVersions));
  }

  public static final Resource POD_GROUPS =
      group("podgroups", "/apis/scheduling.k8s.io/v1beta1/podgroups", "v1alpha3", "v1alpha2");

  public static final Resource SCHEDULER_PLUGINS_POD_GROUPS =
      group("scheduler-plugins-podgroups", "/apis/scheduling.x-k8s.io/v1alpha1/podgroups");

  public static final Resource VOLCANO_POD_GROUPS =
      group("volcano-podgroups", "/apis/scheduling.volcano.sh/v1beta1/podgroups");

  public static final Resource KAI_POD_GROUPS =
      group("kai-podgroups", "/apis/scheduling.run.ai/v2alpha2/podgroups");

  public static final Resource JOBS = group("jobs", "/apis/batch/v1/jobs");

  public static final Resource JOB_SETS =
      group("jobsets", "/apis/jobset.x-k8s.io/v1alpha2/jobsets");

  /** The kinds that say how many pods a gang has; a gang whose size is not known waits. */
  public static final List<Resource> OF_GANGS =
      List.of(
          POD_GROUPS,
          SCHEDULER_PLUGINS_POD_GROUPS,
          VOLCANO_POD_GROUPS,
          KAI_POD_GROUPS,
          JOBS,
          JOB_SETS);

  public static final Resource ADMISSION_CHECKS =
      group("admissionchecks", "/apis/kueue.x-k8s.io/v1beta2/admissionchecks", "v1beta1");

  public static final Resource WORKLOADS =
      group("workloads", "/apis/kueue.x-k8s.io/v1beta2/workloads", "v1beta1");

  public static final Resource FLAVORS =
      group("resourceflavors", "/apis/kueue.x-k8s.io/v1beta2/resourceflavors", "v1beta1");

  /** The kinds of Kueue. */
  public static final List<Resource> OF_KUEUE = List.of(ADMISSION_CHECKS, WORKLOADS, FLAVORS);
}
