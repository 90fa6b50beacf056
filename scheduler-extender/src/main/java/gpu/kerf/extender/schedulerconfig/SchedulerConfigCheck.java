package gpu.kerf.extender.schedulerconfig;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.dialect.QuotaMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds everything in a KubeSchedulerConfiguration with which Kerf would not work, or not well. It
 * does not check what kube-scheduler itself refuses.
 */
public final class SchedulerConfigCheck {

  /** The weights that the in-tree plugins have by default. */
  private static final int IN_TREE_WEIGHTS = 12;

  private static final String SHORT =
      "may end before Kerf answers (limits.answer), and then kube-scheduler does not know what was"
          + " bound.";

  private static final Pattern SECONDS = Pattern.compile("([0-9.]+)(ms|s|m)");

  private final JsonNode config;
  private final String schedulerName;
  private final Duration leastTimeout;
  private final List<Problem> problems = new ArrayList<>();

  private SchedulerConfigCheck(JsonNode config, String schedulerName, Duration leastTimeout) {
    this.config = config;
    this.schedulerName = schedulerName;
    this.leastTimeout = leastTimeout;
  }

  /** What is wrong: where, what stands there, why that is wrong, and what to write. */
  public record Problem(String path, String value, String what, String hint) {
    @Override
    public String toString() {
      return path + " (" + (value.isEmpty() ? "not set" : value) + ") " + what + "\n" + hint;
    }
  }

  /** All problems, in the order of the file. */
  public static List<Problem> problems(JsonNode config, String schedulerName) {
    return problems(config, schedulerName, SchedulerConfig.TIMEOUT);
  }

  /**
   * The same.
   *
   * @param leastTimeout how long kube-scheduler must wait for an answer
   */
  public static List<Problem> problems(
      JsonNode config, String schedulerName, Duration leastTimeout) {
    SchedulerConfigCheck check = new SchedulerConfigCheck(config, schedulerName, leastTimeout);
    check.kind();
    check.election();
    check.profile();
    check.extenders();
    return check.problems;
  }

  private void kind() {
    expect(config, "", "apiVersion", "kubescheduler.config.k8s.io/v1", "is another format.");
    expect(config, "", "kind", "KubeSchedulerConfiguration", "is another kind of object.");
  }

  private void election() {
    JsonNode election = config.path("leaderElection");
    boolean elects = election.path("leaderElect").asBoolean(true);
    String name = election.path("resourceName").asText("kube-scheduler");
    String namespace = election.path("resourceNamespace").asText("kube-system");
    if (elects && name.equals("kube-scheduler") && namespace.equals("kube-system")) {
      problem(
          "leaderElection.resourceName",
          election.path("resourceName").asText(""),
          "is the lease of the default scheduler, behind which this one would wait for ever.",
          "Write resourceName: kerf.");
    }
  }

  private void profile() {
    JsonNode profiles = config.path("profiles");
    int at = -1;
    for (int i = 0; i < profiles.size(); i++) {
      at = name(profiles.get(i)).equals(schedulerName) ? i : at;
    }
    if (at < 0) {
      problem(
          "profiles",
          profiles.isMissingNode() ? "" : names(profiles),
          "has no profile for pods of Kerf.",
          "Add one with schedulerName: " + schedulerName + ".");
      return;
    }
    JsonNode own = profiles.get(at).path("percentageOfNodesToScore");
    JsonNode value = own.isMissingNode() ? config.path("percentageOfNodesToScore") : own;
    if (value.asInt(0) != 100) {
      problem(
          "profiles[" + at + "].percentageOfNodesToScore",
          value.asText(""),
          "hides nodes from Kerf where there are more than a hundred.",
          "Write 100.");
    }
    ignored("profiles[" + at + "].pluginConfig", profiles.get(at).path("pluginConfig"));
  }

  /** What dialects ask for is Kerf's to count; no node has it unless a device plugin runs there. */
  private void ignored(String path, JsonNode plugins) {
    List<String> missing = new ArrayList<>(Dialects.othersDomains());
    boolean quota = false;
    for (JsonNode plugin : plugins) {
      if (plugin.path("name").asText("").equals("NodeResourcesFit")) {
        for (JsonNode group : plugin.at("/args/ignoredResourceGroups")) {
          missing.remove(group.asText());
        }
        for (JsonNode resource : plugin.at("/args/ignoredResources")) {
          quota |= resource.asText().equals(QuotaMemory.RESOURCE);
        }
      }
    }
    if (!quota) {
      problem(
          path,
          "without ignoredResources " + QuotaMemory.RESOURCE,
          "keeps pods from every node that bring the resource for quota (admission.quotaMemory).",
          "Add name: NodeResourcesFit, args: {ignoredResources: [" + QuotaMemory.RESOURCE + "]}.");
    }
    if (!missing.isEmpty()) {
      problem(
          path,
          "without ignoredResourceGroups " + String.join(", ", missing),
          "keeps pods that ask in other projects' words from every node without their device"
              + " plugins.",
          "Add name: NodeResourcesFit, args: {ignoredResourceGroups: ["
              + String.join(", ", Dialects.othersDomains())
              + "]}.");
    }
  }

  private static String name(JsonNode profile) {
    return profile.path("schedulerName").asText("default-scheduler");
  }

  private static String names(JsonNode profiles) {
    List<String> names = new ArrayList<>();
    profiles.forEach(profile -> names.add(name(profile)));
    return String.join(", ", names);
  }

  private void extenders() {
    JsonNode extenders = config.path("extenders");
    List<Integer> binders = new ArrayList<>();
    for (int i = 0; i < extenders.size(); i++) {
      if (!extenders.get(i).path("bindVerb").asText("").isEmpty()) {
        binders.add(i);
      }
    }
    if (binders.size() == 1) {
      extender("extenders[" + binders.get(0) + "]", extenders.get(binders.get(0)));
    } else if (extenders.size() == 1) {
      extender("extenders[0]", extenders.get(0));
    } else {
      problem(
          "extenders",
          binders.size() + " with a bindVerb",
          "must have exactly one that binds: Kerf.",
          "kerf scheduler-config prints the entry.");
    }
  }

  private void extender(String path, JsonNode extender) {
    for (String verb : List.of("filter", "prioritize", "bind", "preempt")) {
      expect(extender, path, verb + "Verb", verb, "is not the path of Kerf's verb.");
    }
    weight(path, extender);
    timeout(path, extender);
    expect(
        extender, path, "nodeCacheCapable", "true", "sends whole nodes, which Kerf does not read.");
    if (extender.path("ignorable").asBoolean(false)) {
      problem(
          path + ".ignorable",
          "true",
          "binds pods without any GPU while Kerf does not answer.",
          "Write false.");
    }
    managed(path, extender.path("managedResources"));
    tls(path, extender);
  }

  private void weight(String path, JsonNode extender) {
    int inTree = IN_TREE_WEIGHTS;
    for (JsonNode profile : config.path("profiles")) {
      int own = 0;
      for (String point : List.of("multiPoint", "score")) {
        for (JsonNode plugin : profile.path("plugins").path(point).path("enabled")) {
          own += plugin.path("weight").asInt(0);
        }
      }
      inTree = Math.max(inTree, IN_TREE_WEIGHTS + own);
    }
    int weight = extender.path("weight").asInt(0);
    // One point of ten against scores of a hundred.
    if (weight <= 10 * inTree) {
      problem(
          path + ".weight",
          extender.path("weight").asText(""),
          "lets in-tree scores (weights up to " + inTree + ") overrule Kerf.",
          "Write " + Math.max(SchedulerConfig.WEIGHT, 20 * inTree) + ".");
    }
  }

  private void timeout(String path, JsonNode extender) {
    String written = extender.path("httpTimeout").asText("");
    Matcher time = SECONDS.matcher(written);
    if (written.isEmpty() && leastTimeout.compareTo(SchedulerConfig.TIMEOUT) > 0) {
      problem(path + ".httpTimeout", "", SHORT, hint());
    }
    if (written.isEmpty() || !time.matches()) {
      return; // 5 s by default; other forms are not worth a guess
    }
    double unit = time.group(2).equals("ms") ? 0.001 : time.group(2).equals("m") ? 60 : 1;
    if (Double.parseDouble(time.group(1)) * unit < leastTimeout.toSeconds()) {
      problem(path + ".httpTimeout", written, SHORT, hint());
    }
  }

  private String hint() {
    return "Write " + leastTimeout.toSeconds() + "s.";
  }

  private void managed(String path, JsonNode resources) {
    List<String> names = new ArrayList<>();
    for (JsonNode resource : resources) {
      String name = resource.path("name").asText("");
      names.add(name);
      if (resource.path("ignoredByScheduler").asBoolean(false)) {
        problem(
            path + ".managedResources",
            name + " ignoredByScheduler",
            "keeps kube-scheduler from counting the resource, and so from ever preempting for it.",
            "Write ignoredByScheduler: false; Kerf advertises the resource on its nodes.");
      }
    }
    boolean all = names.contains("kerf.gpu/memory") && names.contains("kerf.gpu/whole");
    if (!names.isEmpty() && !all) {
      problem(
          path + ".managedResources",
          String.join(", ", names),
          "keeps pods from Kerf that ask for other resources of it.",
          "Leave managedResources out, or list kerf.gpu/memory and kerf.gpu/whole.");
    }
  }

  private void tls(String path, JsonNode extender) {
    boolean https = extender.path("urlPrefix").asText("").startsWith("https:");
    JsonNode tls = extender.path("tlsConfig");
    boolean authority = tls.hasNonNull("caFile") || tls.hasNonNull("caData");
    boolean enabled = extender.path("enableHTTPS").asBoolean(false);
    if (enabled && !https) {
      problem(
          path + ".urlPrefix",
          extender.path("urlPrefix").asText(""),
          "is plain HTTP in spite of enableHTTPS.",
          "Begin it with https:, or leave enableHTTPS out.");
    }
    if (https && enabled && !authority) {
      problem(
          path + ".tlsConfig.caFile",
          "",
          "lets any server pass for Kerf: with enableHTTPS and no authority, no certificate is"
              + " checked.",
          "Name the file with the authority of Kerf's certificate.");
    }
    if (authority && tls.path("insecure").asBoolean(false)) {
      problem(
          path + ".tlsConfig.insecure",
          "true",
          "contradicts caFile: kube-scheduler does not start with both.",
          "Leave it out.");
    }
  }

  private void expect(JsonNode object, String path, String key, String value, String what) {
    String written = object.path(key).asText("");
    if (!written.equals(value)) {
      problem(
          path.isEmpty() ? key : path + "." + key,
          written,
          what,
          "Write " + key + ": " + value + ".");
    }
  }

  private void problem(String path, String value, String what, String hint) {
    problems.add(new Problem(path, value, what, hint));
  }
}
