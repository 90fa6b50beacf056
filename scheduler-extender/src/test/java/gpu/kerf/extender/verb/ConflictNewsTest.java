package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.PodEvent;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.model.hardware.GpuMode;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A pod whose GPU another pod holds is named, and named once. */
class ConflictNewsTest {
  private final World world = new World().node("a", 1, "H100-80GB", GpuMode.PLAIN);
  private final ConflictNews news = new ConflictNews(world.scheduling, world.cluster);

  private void bound(String name, long created) {
    PodView.Ref ref = new PodView.Ref("ml", name, "uid-" + name);
    world.scheduling.podChanged(
        PodView.of(ref)
            .schedulerName("kerf")
            .nodeName("a")
            .createdMillis(created)
            .annotation(
                Annotations.PLACEMENT,
                "{\"v\":1,\"node\":\"a\",\"containers\":[{\"name\":\"main\",\"wall\":\"none\","
                    + "\"slots\":[{\"gpu\":0,\"whole\":true,\"memoryMiB\":81559}]}]}")
            .build());
  }

  private List<String> told() {
    return world.cluster.events.stream()
        .filter(event -> event.reason().equals("GpuConflict"))
        .map(PodEvent::message)
        .toList();
  }

  @Test
  void aConflictIsToldOnceAndAgainAfterItWasOver() {
    bound("older", 1_000);
    news.look();
    assertThat(told()).isEmpty();

    bound("younger", 2_000);
    news.look();
    news.look();
    assertThat(told())
        .containsExactly("This pod has a GPU in conflict: an older pod holds one of its slots.");
    assertThat(world.cluster.events.get(0).pod().name()).isEqualTo("younger");

    world.scheduling.podEnded("uid-older");
    news.look();
    bound("third", 3_000);
    news.look();
    assertThat(told()).hasSize(2);
    assertThat(world.cluster.events.get(1).pod().name()).isEqualTo("third");
  }
}
