package gpu.kerf.extender.cluster.kubernetes.installation;

import gpu.kerf.extender.team.TeamSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Verbs on one kind of object that Kerf's account needs, and what follows if it may not.
 *
 * @param resource with its subresource, such as {@code pods/binding}
 * @param namespace empty for all
 * @param name empty for all
 * @param without what follows, behind "so"
 * @param file of the manifests that grants it
 */
record NeededRight(
    String group,
    String resource,
    List<String> verbs,
    String namespace,
    String name,
    String without,
    String file) {
  private static final List<String> FOLLOW = List.of("list", "watch");
  private static final String RBAC = "base/rbac.yaml";
  private static final String TEAMS = "base/teams.yaml";
  private static final String KUEUE = "components/kueue/rbac.yaml";
  private static final String ADMISSION = "admissionregistration.k8s.io";

  /**
   * Everything that {@code kerf serve} needs where it is installed so.
   *
   * @param hasTeams whether the cluster has the kind of objects that say what the teams are
   */
  static List<NeededRight> of(Installation installation, boolean hasTeams) {
    List<NeededRight> rights = new ArrayList<>(core());
    rights.addAll(gangs());
    rights.addAll(own(installation.namespace()));
    if (hasTeams) {
      rights.addAll(teams(installation.teams()));
    }
    if (installation.webhook()) {
      rights.addAll(retries());
    }
    if (installation.kueue()) {
      rights.addAll(kueue());
    }
    if (installation.makesCertificate()) {
      rights.addAll(certificates(installation.certificateNamespace()));
    }
    if (installation.reviewsClients()) {
      rights.addAll(reviews());
    }
    return rights;
  }

  private static List<NeededRight> core() {
    return List.of(
        all("", "nodes", FOLLOW, "it decides nothing", RBAC),
        all("", "pods", FOLLOW, "it decides nothing", RBAC),
        all("", "pods", List.of("get"), "a binding without an answer stays unclear", RBAC),
        all("", "pods/binding", List.of("create"), "no pod is placed", RBAC),
        all("", "pods/eviction", List.of("create"), "no pod makes room for another one", RBAC),
        all("", "pods/status", List.of("patch"), "no pod says why it waits for its turn", RBAC),
        all(
            "",
            "nodes/status",
            List.of("patch"),
            "nodes do not list kerf.gpu/memory and kerf.gpu/whole",
            RBAC),
        all("policy", "poddisruptionbudgets", FOLLOW, "it does not know budgets", RBAC),
        all("resource.k8s.io", "resourceslices", FOLLOW, "it does not see GPUs of DRA", RBAC),
        all("resource.k8s.io", "resourceclaims", FOLLOW, "it does not see who has GPUs", RBAC),
        all(
            "resource.k8s.io",
            "deviceclasses",
            FOLLOW,
            "it knows only after their allocation whether claims of pods are of GPUs",
            RBAC),
        all(
            "resource.k8s.io",
            "resourceclaimtemplates",
            FOLLOW,
            "pods whose claims are of GPUs are refused later than they could be",
            RBAC),
        all("events.k8s.io", "events", List.of("create"), "it writes no events", RBAC));
  }

  private static List<NeededRight> kueue() {
    String group = "kueue.x-k8s.io";
    String without = "it answers no check of Kueue";
    List<String> patch = List.of("patch");
    return List.of(
        all(group, "admissionchecks", FOLLOW, without, KUEUE),
        all(group, "workloads", FOLLOW, without, KUEUE),
        all(group, "resourceflavors", FOLLOW, without, KUEUE),
        all(group, "admissionchecks/status", patch, without, KUEUE),
        all(group, "workloads/status", patch, without, KUEUE));
  }

  private static List<NeededRight> gangs() {
    String without = "gangs of this kind wait";
    List<NeededRight> rights = new ArrayList<>();
    for (String group :
        List.of(
            "scheduling.k8s.io",
            "scheduling.x-k8s.io",
            "scheduling.volcano.sh",
            "scheduling.run.ai")) {
      rights.add(all(group, "podgroups", FOLLOW, without, RBAC));
    }
    rights.add(all("batch", "jobs", FOLLOW, without, RBAC));
    rights.add(all("jobset.x-k8s.io", "jobsets", FOLLOW, without, RBAC));
    return rights;
  }

  private static List<NeededRight> retries() {
    List<String> patch = List.of("patch");
    String without = "these wait out their pauses after Kerf was away";
    return List.of(
        all("", "events", List.of("list"), "controllers wait out their pauses", RBAC),
        all("apps", "replicasets/status", patch, without, RBAC),
        all("apps", "statefulsets/status", patch, without, RBAC),
        all("apps", "daemonsets/status", patch, without, RBAC),
        all("batch", "jobs/status", patch, without, RBAC));
  }

  private static List<NeededRight> own(String namespace) {
    List<String> verbs = List.of("get", "patch");
    String leases = "coordination.k8s.io";
    return List.of(
        new NeededRight(
            leases,
            "leases",
            verbs,
            namespace,
            "kerf-binding",
            "no pod is bound",
            "base/lease.yaml"),
        new NeededRight(
            leases,
            "leases",
            verbs,
            namespace,
            "kerf-turns",
            "no pod of a team gets its turn",
            "base/lease.yaml"),
        new NeededRight(
            "",
            "configmaps",
            verbs,
            namespace,
            "kerf-checkpoint",
            "it may wait after a restart for deletions that it has not heard of",
            "base/checkpoint.yaml"));
  }

  private static List<NeededRight> teams(TeamSource source) {
    List<String> patch = List.of("patch");
    List<NeededRight> rights = new ArrayList<>();
    if (source == TeamSource.KERF) {
      rights.add(all("kerf.gpu", "teams", FOLLOW, "it knows no teams", TEAMS));
      rights.add(all("kerf.gpu", "teams/status", patch, "Teams do not say what they hold", TEAMS));
    } else {
      String file = "components/kai-teams/rbac.yaml";
      rights.add(all("scheduling.run.ai", "queues", FOLLOW, "it knows no teams", file));
    }
    rights.add(all("", "namespaces", FOLLOW, "it does not know whose pods are a team's", TEAMS));
    rights.add(all("", "pods", patch, "no pod of a team gets its turn", TEAMS));
    return rights;
  }

  private static List<NeededRight> certificates(String namespace) {
    String file = "base/certificates.yaml";
    String without = "it cannot make the webhook's certificate";
    List<String> verbs = List.of("get", "patch");
    return List.of(
        new NeededRight(
            "", "secrets", List.of("get", "update"), namespace, "kerf-webhook", without, file),
        new NeededRight(
            ADMISSION, "mutatingwebhookconfigurations", verbs, "", "kerf", without, file),
        new NeededRight(
            ADMISSION, "validatingwebhookconfigurations", verbs, "", "kerf", without, file));
  }

  private static List<NeededRight> reviews() {
    List<String> create = List.of("create");
    String file = "components/access/rbac.yaml";
    String without = "no client with a token sees anything";
    return List.of(
        all("authentication.k8s.io", "tokenreviews", create, without, file),
        all("authorization.k8s.io", "subjectaccessreviews", create, without, file));
  }

  private static NeededRight all(
      String group, String resource, List<String> verbs, String without, String file) {
    return new NeededRight(group, resource, verbs, "", "", without, file);
  }

  /** The kind of object, for people. */
  String object() {
    String kind = group.isEmpty() ? resource : resource + "." + group;
    return name.isEmpty() ? kind : kind + " " + name;
  }
}
