package gpu.kerf.model.line;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.fleet.Chooser;
import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import gpu.kerf.model.line.LookAhead.Start;
import gpu.kerf.model.line.LookAhead.Waiting;
import gpu.kerf.model.placement.NodeState;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.placement.Placement.ContainerSlots;
import gpu.kerf.model.placement.Slot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LookAheadTest {
  private static final GpuModel H100 =
      Objects.requireNonNull(GpuCatalog.builtIn().find("H100-80GB", 0));
  private static final List<String> PROFILES = List.of("1g.10gb", "2g.20gb", "3g.40gb", "7g.80gb");

  private final Fleet fleet = new Fleet();
  private NodeState node = gpus(1);
  private LookAhead lookAhead = usual();

  @Test
  void anEmptyLineStartsNothing() {
    assertThat(next()).isEqualTo("nothing");
    assertThat(lookAhead.next(List.of(new Waiting(demand("1g.10gb"), 0)))).isNull();
  }

  @Test
  void theWorkThatFillsTheGpuGoesBeforeTheFirstOfTheLine() {
    assertThat(next("1g.10gb", "7g.80gb")).isEqualTo("7g.80gb@0 on 0");
    hold(0, "3g.40gb", 4);
    // Beside it a 3g.40gb leaves a compute slice idle that two 2g.20gb use.
    assertThat(next("3g.40gb", "2g.20gb", "2g.20gb")).startsWith("2g.20gb@");
  }

  @Test
  void aLineThatCanFillTheGpuFillsIt() {
    List<String> line = new ArrayList<>(List.of("2g.20gb", "3g.40gb", "2g.20gb"));
    for (Start start = start(line); start != null; start = start(line)) {
      assertThat(node.take(start.placement())).isTrue();
      line.remove(((Slot.Mig) start.placement().slots().get(0)).profile().name());
    }

    // The 3g.40gb has to start at slice 4: at slice 0 it leaves room for one 2g.20gb only.
    assertThat(line).isEmpty();
    assertThat(node.occupied(0)).isEqualTo(0xff);
  }

  @Test
  void whatFitsNowhereIsPassedOver() {
    hold(0, "4g.40gb", 0);

    assertThat(next("7g.80gb")).isEqualTo("nothing");
    assertThat(next("7g.80gb", "3g.40gb")).isEqualTo("3g.40gb@4 on 0");
  }

  @Test
  void aSmallWorkWaitsWhileMuchLargerWorkWaitsForNearlyFreeSlices() {
    hold(0, "1g.10gb", 6);
    String[] line = new String[30];
    Arrays.fill(line, "7g.80gb");
    line[0] = "1g.10gb";

    assertThat(next(line)).isEqualTo("nothing");
    // Alone it starts.
    assertThat(next("1g.10gb")).startsWith("1g.10gb@");
  }

  @Test
  void anEmptyGpuIsNotKeptForLaterAndTheMostUsefulStartIsTaken() {
    node = gpus(2);
    lookAhead = usual();
    hold(0, "7g.80gb", 0);

    assertThat(next("1g.10gb")).endsWith(" on 1");
  }

  @Test
  void slotsThatAreUnusableAreNotChosen() {
    node = gpus(2);
    lookAhead = usual();
    node.block(0);

    assertThat(next("7g.80gb")).isEqualTo("7g.80gb@0 on 1");
    node.block(1);
    assertThat(next("7g.80gb")).isEqualTo("nothing");
  }

  @Test
  void aDemandThatNoSingleInstanceServesIsRefused() {
    PodDemand two =
        new PodDemand(
            List.of(
                new PodDemand.Container("a", Demand.profile("1g.10gb")),
                new PodDemand.Container("b", Demand.profile("1g.10gb"))),
            0,
            0);

    assertThatThrownBy(() -> lookAhead.arrived(two))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not for one MIG instance of H100-80GB");
    assertThatThrownBy(() -> new Waiting(two, -1)).hasMessageContaining("(-1)");
  }

  /** Works come and go at random; each choice is free, and at last every work has started. */
  @Test
  void everyWorkStartsAtLast() {
    for (long seed = 1; seed <= 5; seed++) {
      node = gpus(3);
      lookAhead = usual();
      Random random = new Random(seed);
      List<String> line = new ArrayList<>();
      List<Placement> running = new ArrayList<>();
      int started = 0;
      for (int step = 0; step < 200 || !line.isEmpty(); step++) {
        assertThat(step).as("seed %d, still waiting: %s", seed, line).isLessThan(5_000);
        if (step < 200) {
          String profile = PROFILES.get(random.nextInt(PROFILES.size()));
          lookAhead.arrived(demand(profile));
          line.add(profile);
        }
        if (!running.isEmpty() && random.nextInt(3) > 0) {
          node.release(running.remove(random.nextInt(running.size())));
        }
        for (Start start = start(line); start != null; start = start(line)) {
          assertThat(node.take(start.placement())).as("seed %d: %s", seed, start).isTrue();
          running.add(start.placement());
          line.remove(((Slot.Mig) start.placement().slots().get(0)).profile().name());
          started++;
        }
      }
      assertThat(started).isEqualTo(200);
    }
  }

  private LookAhead usual() {
    LookAhead made = new LookAhead(fleet, new Chooser(fleet), H100);
    for (int i = 0; i < 40; i++) {
      made.arrived(demand(PROFILES.get(i % 3)));
    }
    made.arrived(demand("7g.80gb"));
    return made;
  }

  private NodeState gpus(int number) {
    List<GpuSpec> cards = Collections.nCopies(number, GpuSpec.of(H100, GpuMode.MIG_DYNAMIC));
    return fleet.put(NodeSpec.of("node", cards));
  }

  private static PodDemand demand(String profile) {
    return PodDemand.of(Demand.profile(profile));
  }

  private void hold(int gpu, String profile, int start) {
    Slot slot = new Slot.Mig(gpu, Objects.requireNonNull(H100.profile(profile)), start);
    List<ContainerSlots> slots = List.of(new ContainerSlots("held", List.of(slot)));
    assertThat(node.take(new Placement("node", slots, 0, 0))).isTrue();
  }

  private @Nullable Start start(List<String> line) {
    List<Waiting> kinds =
        line.stream()
            .distinct()
            .map(profile -> new Waiting(demand(profile), Collections.frequency(line, profile)))
            .toList();
    return lookAhead.next(kinds);
  }

  private String next(String... line) {
    Start start = start(List.of(line));
    if (start == null) {
      return "nothing";
    }
    Slot.Mig slot = (Slot.Mig) start.placement().slots().get(0);
    return slot.profile().name() + "@" + slot.start() + " on " + slot.gpu();
  }
}
