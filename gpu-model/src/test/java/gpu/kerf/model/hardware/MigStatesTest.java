package gpu.kerf.model.hardware;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gpu.kerf.model.hardware.MigOracle.Instance;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MigStatesTest {

  private static GpuModel model(String name) {
    return Objects.requireNonNull(GpuCatalog.builtIn().find(name, 0), name);
  }

  private static MigProfile profile(GpuModel model, String name) {
    return Objects.requireNonNull(model.profile(name), name);
  }

  private static Set<Instance> instances(MigStates states, int state) {
    Set<Instance> instances = new TreeSet<>();
    for (int start = 0; start < 8; start++) {
      if (states.startsAt(state, start)) {
        instances.add(new Instance(states.profileAt(state, start), start));
      }
    }
    return instances;
  }

  @ParameterizedTest
  @CsvSource({
    // 723, and once more for each 1g in each state, which may be the +me one: 7 starts x 228 = 1596
    "A100-40GB, 2319",
    // 26, and once more for each 1g (4 starts x 10) and each 2g (2 starts x 5)
    "A30, 76",
    // no +me, no +me.all: each half (empty, 3 kinds of 1g)^2 + 3 kinds of 2g = 19; 19 x 19 + 2
    // kinds of 4g = 363
    // one +me: 4 slices x 4 beside it x 19 = 304
    // one +me.all beside -me: 1g 4 x 2 x 5 = 40, 2g 2 x 5 = 10
    "RTX-PRO-6000-Blackwell, 717"
  })
  void mediaVariantsAddTheStatesThatTheirRulesAllow(String name, int count) {
    GpuModel model = model(name);
    MigStates states = model.geometry().statesOf(model.profiles());
    Set<Set<Instance>> found =
        IntStream.range(0, states.size())
            .mapToObj(state -> instances(states, state))
            .collect(toSet());
    assertThat(states.size()).isEqualTo(count);
    assertThat(found).isEqualTo(new HashSet<>(new MigOracle(model, profile -> true).states()));
  }

  @Test
  void everyPlainStateIsOneOfTheOraclesAndSaysTheSame() {
    GpuModel model = model("H100-80GB");
    MigStates states = model.geometry().states();
    MigOracle oracle = new MigOracle(model, MigProfile::plain);
    Set<Set<Instance>> expected = new HashSet<>(oracle.states());
    for (int state = 0; state < states.size(); state++) {
      Set<Instance> instances = instances(states, state);
      assertThat(expected.remove(instances)).isTrue();
      assertThat(states.occupied(state)).isEqualTo(MigOracle.occupied(instances));
      assertThat(states.set(state)).isEqualTo(MigOracle.set(instances));
      assertThat(states.full(state)).isEqualTo(oracle.joinable(instances).isEmpty());
    }
    assertThat(expected).isEmpty();
  }

  @Test
  void anInstanceThatComesAndGoesLeadsBack() {
    GpuModel model = model("A100-80GB");
    MigStates states = model.geometry().states();
    MigOracle oracle = new MigOracle(model, MigProfile::plain);
    for (int state = 0; state < states.size(); state++) {
      for (Instance instance : oracle.joinable(instances(states, state))) {
        int next = states.with(state, instance.profile(), instance.start());
        assertThat(states.profileAt(next, instance.start())).isEqualTo(instance.profile());
        assertThat(states.without(next, instance.start())).isEqualTo(state);
      }
    }
  }

  @Test
  void theEmptyStateIsTheFirst() {
    assertThat(model("A30").geometry().states().occupied(0)).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    // feasible sets, maximal sets, sets of states to which nothing can be added as they lie
    "A100-40GB, 78, 28, 38",
    // 0-4 1g; 2g with 0-2 1g; 2 2g; 4g = 5 + 3 + 1 + 1. Maximal: 4 1g, 2g + 2 1g, 2 2g, 4g
    "A30, 10, 4, 4"
  })
  void setsOfProfilesAreCountedOnceHoweverTheyLie(
      String name, int feasible, int maximal, int stuck) {
    MigStates states = model(name).geometry().states();
    Set<List<MigProfile>> full =
        IntStream.range(0, states.size())
            .filter(states::full)
            .mapToObj(states::set)
            .collect(toSet());
    assertThat(states.sets()).hasSize(feasible);
    assertThat(states.maximalSets()).hasSize(maximal);
    assertThat(full).hasSize(stuck).containsAll(states.maximalSets());
  }

  @Test
  void withoutDoubleMemoryFourteenSetsAreStuck() {
    GpuModel model = model("H100-80GB");
    List<MigProfile> classic =
        model.profiles().stream().filter(p -> p.plain() && !p.name().equals("1g.20gb")).toList();
    MigStates states = model.geometry().statesOf(classic);
    assertThat(
            IntStream.range(0, states.size())
                .filter(states::full)
                .mapToObj(states::set)
                .collect(toSet()))
        .hasSize(14);
  }

  @Test
  void aSecondMediaExtensionIsRefused() {
    GpuModel model = model("A100-40GB");
    MigStates states = model.geometry().statesOf(model.profiles());
    MigProfile media = profile(model, "1g.5gb+me");
    int one = states.with(0, media, 6);
    assertThat(states.mediaHeld(one)).isEqualTo(MediaEngines.EXTENDED.held());
    assertThatThrownBy(() -> states.with(one, media, 5)).hasMessageContaining("1g.5gb+me");
    assertThatThrownBy(() -> states.with(one, profile(model, "1g.5gb"), 6))
        .hasMessageContaining("slice 6");
  }

  @Test
  void aProfileThatIsNotEnumeratedHasNoState() {
    GpuModel model = model("A30");
    assertThatThrownBy(() -> model.geometry().states().with(0, profile(model, "1g.6gb+me"), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1g.6gb+me");
  }

  @Test
  void nothingIsAtASliceWhereNothingStarts() {
    assertThatThrownBy(() -> model("A30").geometry().states().profileAt(0, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("slice 2");
  }
}
