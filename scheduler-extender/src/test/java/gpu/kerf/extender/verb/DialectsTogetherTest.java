package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.fleet.Entry;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Pods of several dialects on one node. */
class DialectsTogetherTest {

  private final World world = new World().node("a", 3, "A100-40GB", GpuMode.PLAIN);

  private static PodView.Builder pod(String uid, Map<String, String> limits) {
    return World.pod(uid).container("main", limits);
  }

  private List<Slot> place(PodView.Builder pod) {
    PodView built = pod.build();
    assertThat(world.place(built, "a").error()).isEmpty();
    List<Slot> slots = new ArrayList<>();
    Entry entry = world.entry(built.uid());
    entry.placement().containers().forEach(each -> slots.addAll(each.slots()));
    return slots;
  }

  @Test
  void theyShareTheGpusOfOneNode() {
    List<Slot> kerf = place(pod("kerf", Map.of("kerf.gpu/memory", "8Gi")));
    List<Slot> kai = place(pod("kai", Map.of()).annotation("gpu-fraction", "0.25"));
    List<Slot> hami = place(pod("hami", Map.of("nvidia.com/gpu", "2", "nvidia.com/gpumem", "5k")));
    List<Slot> gpushare = place(pod("gpushare", Map.of("aliyun.com/gpu-mem", "3")));
    List<Slot> nvidia = place(pod("nvidia", Map.of("nvidia.com/gpu", "1")));

    NodeState node = Objects.requireNonNull(world.scheduling.fleet().node("a"));
    int shareable = node.spec().gpus().get(0).model().shareableMiB();
    // A quarter of what can be shared of an A100-40GB; 5k is 5000 MiB on each of two GPUs.
    assertThat(kerf).extracting(Slot::memoryMiB).containsExactly(8192);
    assertThat(kai).extracting(Slot::memoryMiB).containsExactly(shareable / 4);
    assertThat(hami).extracting(Slot::memoryMiB).containsExactly(5000, 5000);
    assertThat(hami).extracting(Slot::gpu).doesNotHaveDuplicates();
    assertThat(gpushare).extracting(Slot::memoryMiB).containsExactly(3072);
    assertThat(nvidia).singleElement().isInstanceOf(Slot.Whole.class);

    int shares = 8192 + shareable / 4 + 2 * 5000 + 3072;
    int free = 0;
    for (int gpu = 0; gpu < 3; gpu++) {
      free += node.freeMiB(gpu);
    }
    assertThat(free).isEqualTo(2 * shareable - shares);
  }

  @Test
  void threeThirdsFitOnOneGpuHoweverTheyAreWritten() {
    World one = new World().node("a", 1, "A100-40GB", GpuMode.PLAIN);
    String[] thirds = {"0.3333", "0.333333333333333", ".3339"};
    for (String third : thirds) {
      PodView pod = pod(third, Map.of()).annotation("gpu-fraction", third).build();
      assertThat(one.place(pod, "a").error()).isEmpty();
    }
  }

  @Test
  void aPodThatCannotBeReadIsRefusedOnEveryNodeWithTheReason() {
    PodView pod =
        pod("u", Map.of("nvidia.com/gpu", "1"))
            .annotation("nvidia.com/use-gpuuuid", "GPU-1")
            .build();
    assertThat(world.hopeless(world.filter(pod)).get("a"))
        .contains("nvidia.com/use-gpuuuid", "only Kerf may");
  }
}
