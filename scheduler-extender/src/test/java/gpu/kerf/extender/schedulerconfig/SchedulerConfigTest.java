package gpu.kerf.extender.schedulerconfig;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchedulerConfigTest {

  private static SchedulerConfig.Options options(String url) {
    return new SchedulerConfig.Options("kerf", url, "kerf", "", true, "/tls/ca.crt", "", "");
  }

  private static List<String> problems(String yaml) throws IOException {
    JsonNode config = new YAMLMapper().readTree(yaml);
    return SchedulerConfigCheck.problems(config, "kerf").stream()
        .map(problem -> problem.path())
        .toList();
  }

  @Test
  void whatIsPrintedPassesTheCheck() throws IOException {
    assertThat(problems(SchedulerConfig.yaml(options("http://127.0.0.1:8880")))).isEmpty();
    assertThat(problems(SchedulerConfig.yaml(options("https://127.0.0.1:8880")))).isEmpty();
  }

  @Test
  void whereClaimsAreWrittenKubeSchedulerHasToWaitLonger() throws IOException {
    SchedulerConfig.Options options = options("http://127.0.0.1:8880");
    String usual = SchedulerConfig.yaml(options);
    String longer = SchedulerConfig.yaml(options, SchedulerConfig.TIMEOUT_WITH_CLAIMS);
    assertThat(withClaims(longer)).isEmpty();
    assertThat(withClaims(usual)).containsExactly("extenders[0].httpTimeout");
    assertThat(withClaims(usual.replaceAll("  httpTimeout: .*\n", "")))
        .as("5 s by default")
        .containsExactly("extenders[0].httpTimeout");
  }

  private static List<String> withClaims(String yaml) throws IOException {
    JsonNode config = new YAMLMapper().readTree(yaml);
    return SchedulerConfigCheck.problems(config, "kerf", SchedulerConfig.TIMEOUT_WITH_CLAIMS)
        .stream()
        .map(problem -> problem.path())
        .toList();
  }

  @Test
  void aSchedulerOfItsOwnNeedsALeaseOfItsOwn() throws IOException {
    String yaml = SchedulerConfig.yaml(options("http://127.0.0.1:8880"));
    assertThat(yaml).contains("resourceName: kerf\n", "resourceNamespace: kerf\n");
    assertThat(problems(yaml.replaceAll("resourceName: .*", "")))
        .as("kerf/kube-scheduler belongs to no other component")
        .isEmpty();
    assertThat(problems(yaml.replaceAll("resourceName: .*", "").replaceAll("resourceNamesp.*", "")))
        .containsExactly("leaderElection.resourceName");
  }

  @Test
  void resourcesOfOtherProjectsAreNotLookedForOnNodes() throws IOException {
    JsonNode config =
        new YAMLMapper().readTree(SchedulerConfig.yaml(options("http://127.0.0.1:8880")));
    assertThat(config.at("/profiles/0/pluginConfig/0/args/ignoredResourceGroups"))
        .extracting(JsonNode::asText)
        .containsExactly("nvidia.com", "aliyun.com", "volcano.sh", "tencent.com", "koordinator.sh");
  }

  @Test
  void aGroupThatIsLookedForOnNodesIsNamed() throws IOException {
    String yaml =
        SchedulerConfig.yaml(options("http://127.0.0.1:8880")).replace("volcano.sh, ", "");
    List<SchedulerConfigCheck.Problem> problems =
        SchedulerConfigCheck.problems(new YAMLMapper().readTree(yaml), "kerf");
    assertThat(problems)
        .extracting(SchedulerConfigCheck.Problem::value)
        .containsExactly("without ignoredResourceGroups volcano.sh");
  }

  @Test
  void whatIsForQuotaAloneIsNotLookedForOnNodes() throws IOException {
    String yaml = SchedulerConfig.yaml(options("http://127.0.0.1:8880"));
    JsonNode config = new YAMLMapper().readTree(yaml);
    assertThat(config.at("/profiles/0/pluginConfig/0/args/ignoredResources"))
        .extracting(JsonNode::asText)
        .containsExactly("kerf.gpu/quota-memory");
    JsonNode without =
        new YAMLMapper().readTree(yaml.replaceAll("\n *ignoredResources: [^\n]*", ""));
    assertThat(SchedulerConfigCheck.problems(without, "kerf"))
        .extracting(SchedulerConfigCheck.Problem::value)
        .containsExactly("without ignoredResources kerf.gpu/quota-memory");
  }

  @Test
  void allProblemsAreToldAtOnce() throws IOException {
    String yaml =
        """
        apiVersion: kubescheduler.config.k8s.io/v1beta3
        kind: KubeSchedulerConfiguration
        leaderElection: {leaderElect: false}
        profiles:
        - schedulerName: kerf
        extenders:
        - urlPrefix: https://kerf
          enableHTTPS: true
          filterVerb: filter
          bindVerb: bind
          preemptVerb: evict
          weight: 12
          ignorable: true
          httpTimeout: 500ms
          managedResources: [{name: kerf.gpu/memory, ignoredByScheduler: true}]
        """;
    assertThat(problems(yaml))
        .containsExactly(
            "apiVersion",
            "profiles[0].percentageOfNodesToScore",
            "profiles[0].pluginConfig",
            "profiles[0].pluginConfig",
            "extenders[0].prioritizeVerb",
            "extenders[0].preemptVerb",
            "extenders[0].weight",
            "extenders[0].httpTimeout",
            "extenders[0].nodeCacheCapable",
            "extenders[0].ignorable",
            "extenders[0].managedResources",
            "extenders[0].managedResources",
            "extenders[0].tlsConfig.caFile");
  }

  @Test
  void weightsOfTheUsersOwnCountAgainstKerf() throws IOException {
    String yaml =
        SchedulerConfig.yaml(options("http://127.0.0.1:8880"))
            .replace(
                "  pluginConfig:",
                "  plugins: {score: {enabled: [{name: NodeAffinity, weight: 90}]}}\n"
                    + "  pluginConfig:");
    assertThat(problems(yaml)).containsExactly("extenders[0].weight");
  }

  @Test
  void aConfigurationWithoutKerfSaysWhatIsMissing() throws IOException {
    assertThat(problems("{}"))
        .containsExactly(
            "apiVersion", "kind", "leaderElection.resourceName", "profiles", "extenders");
  }
}
