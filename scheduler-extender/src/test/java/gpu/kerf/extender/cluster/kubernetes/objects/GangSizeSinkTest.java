package gpu.kerf.extender.cluster.kubernetes.objects;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.calling.Resource;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.gang.GangKey;
import gpu.kerf.extender.gang.GangKey.Source;
import gpu.kerf.extender.gang.GangSize;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.NodeSpec;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class GangSizeSinkTest {
  private static final Meta META = new Meta("ml", "g", "1", "7");

  private final Map<GangKey, @Nullable GangSize> told = new HashMap<>();

  private final ClusterListener listener =
      new ClusterListener() {
        @Override
        public void nodeChanged(NodeSpec node) {}

        @Override
        public void nodeUnusable(String name, String problem) {}

        @Override
        public void nodeRemoved(String name) {}

        @Override
        public void podChanged(PodView pod) {}

        @Override
        public void podEnded(String uid) {}

        @Override
        public void gangSizeChanged(GangKey gang, @Nullable GangSize size) {
          told.put(gang, size);
        }
      };

  private @Nullable GangSize size(Resource kind, Source source, String spec) {
    try {
      GangSizeSink sink = Objects.requireNonNull(GangSizeSink.all(listener).get(kind));
      byte[] json = ("{\"spec\":" + spec.replace('\'', '"') + "}").getBytes(StandardCharsets.UTF_8);
      sink.put(META, sink.read(META, new JsonSlice(json, 0, json.length)));
    } catch (WireException e) {
      throw new AssertionError(spec, e);
    }
    GangKey key = new GangKey(source, "ml", "g");
    assertThat(told).containsOnlyKeys(key);
    return told.get(key);
  }

  @Test
  void everyKindThatIsWatchedHasASink() {
    assertThat(GangSizeSink.all(listener).keySet())
        .containsExactlyInAnyOrderElementsOf(Resource.OF_GANGS);
  }

  @Test
  void aPodGroupOfKubernetesStartsWithItsMinCount() {
    assertThat(
            size(
                Resource.POD_GROUPS,
                Source.KUBERNETES,
                "{'schedulingPolicy':{'gang':{'minCount':4}},'disruptionMode':{'all':{}}}"))
        .isEqualTo(GangSize.atLeast(4));
    assertThat(size(Resource.POD_GROUPS, Source.KUBERNETES, "{'schedulingPolicy':{'basic':{}}}"))
        .isEqualTo(GangSize.none());
  }

  @Test
  void aPodGroupOfKubernetesGoesWholeOnlyIfItSaysSo() {
    String gang = "{'schedulingPolicy':{'gang':{'minCount':4}}%s}";
    for (String whole : List.of(",'disruptionMode':'PodGroup'", ",'disruptionMode':{'all':{}}")) {
      assertThat(size(Resource.POD_GROUPS, Source.KUBERNETES, gang.formatted(whole)))
          .isEqualTo(GangSize.atLeast(4));
      told.clear();
    }
    for (String apart : List.of("", ",'disruptionMode':'Pod'", ",'disruptionMode':{'single':{}}")) {
      assertThat(size(Resource.POD_GROUPS, Source.KUBERNETES, gang.formatted(apart)))
          .isEqualTo(GangSize.atLeast(4).evictedApart());
      told.clear();
    }
  }

  @Test
  void podGroupsOfOtherProjectsStartWithTheirMinMember() {
    Map<Resource, Source> kinds =
        Map.of(
            Resource.SCHEDULER_PLUGINS_POD_GROUPS, Source.SCHEDULER_PLUGINS,
            Resource.VOLCANO_POD_GROUPS, Source.VOLCANO,
            Resource.KAI_POD_GROUPS, Source.KAI);
    kinds.forEach(
        (kind, source) -> {
          told.clear();
          assertThat(size(kind, source, "{'minMember':3}")).isEqualTo(GangSize.atLeast(3));
          assertThat(size(kind, source, "{}")).isEqualTo(GangSize.none());
        });
  }

  @Test
  void aJobHasAsManyPodsAsRunAtTheSameTime() {
    assertThat(size(Resource.JOBS, Source.JOB, "{'parallelism':4,'completions':8}"))
        .isEqualTo(GangSize.all(4));
    assertThat(size(Resource.JOBS, Source.JOB, "{'parallelism':8,'completions':2}"))
        .isEqualTo(GangSize.all(2));
    assertThat(size(Resource.JOBS, Source.JOB, "{}")).isEqualTo(GangSize.all(1));
  }

  @Test
  void aJobSetIsTheSumOfItsJobs() {
    String jobs =
        "{'replicatedJobs':[{'replicas':2,'template':{'spec':{'parallelism':3}}},"
            + "{'template':{'spec':{}}}]%s}";
    assertThat(size(Resource.JOB_SETS, Source.JOB_SET, jobs.formatted("")))
        .isEqualTo(GangSize.all(7));
    assertThat(
            size(
                Resource.JOB_SETS,
                Source.JOB_SET,
                jobs.formatted(",'startupPolicy':{'startupPolicyOrder':'InOrder'}")))
        .isEqualTo(GangSize.none());
  }

  @Test
  void ofAJobSetWhoseJobsComeOneAfterTheOtherThePodsDoNotWait() {
    assertThat(
            size(
                Resource.JOB_SETS,
                Source.JOB_SET,
                "{'replicatedJobs':[{'name':'a'},{'name':'b','dependsOn':[{'name':'a'}]}]}"))
        .isEqualTo(GangSize.none());
  }

  @Test
  void aNumberThatNoGangHasIsNoSize() {
    assertThat(size(Resource.JOBS, Source.JOB, "{'parallelism':0}")).isNull();
    assertThat(size(Resource.JOBS, Source.JOB, "{'parallelism':513}")).isNull();
    told.clear();
    assertThat(
            size(
                Resource.JOB_SETS,
                Source.JOB_SET,
                // 2^32 pods and four more: four in 32 bits.
                "{'replicatedJobs':[{'replicas':65536,'template':{'spec':{'parallelism':65536}}},"
                    + "{'template':{'spec':{'parallelism':4}}}]}"))
        .isNull();
    told.clear();
    assertThat(size(Resource.KAI_POD_GROUPS, Source.KAI, "{'minMember':1000000000}")).isNull();
  }
}
