package gpu.kerf.extender.demo;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.embedded.FleetFile;
import gpu.kerf.extender.demo.SlotAudit.Held;
import gpu.kerf.extender.demo.SlotAudit.Kind;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BarsTest {
  private final List<NodeSpec> fleet = FleetFile.standard();
  private final GpuSpec plain = node("a100-a").gpus().get(0);
  private final GpuSpec mig = node("a100-b").gpus().get(0);

  @ParameterizedTest
  @ValueSource(ints = {80, 100, 120, 160, 300})
  void everyNodeFitsIntoTheTerminal(int columns) {
    Bars bars = new Bars(fleet, columns);
    for (NodeSpec node : fleet) {
      assertThat(width(bars.of(node.name(), node, nothing(node)))).isLessThanOrEqualTo(columns);
    }
  }

  @Test
  void anA100IsHalfAsWideAsAnH100() {
    Bars bars = new Bars(fleet, 160);
    // Eight H100 beside four A100-40GB, each with a space before it; names are six letters.
    assertThat(width(bars.of("", node("h100-a"), nothing(node("h100-a"))))).isEqualTo(6 + 8 * 17);
    assertThat(width(bars.of("", node("a100-a"), nothing(node("a100-a"))))).isEqualTo(6 + 4 * 9);
  }

  @Test
  void migSlicesAreDrawnWhereTheyAre() {
    // Slice 2 and slices 4 to 7 in eight half cells, the driver's order.
    List<Held> held = List.of(migOf("a", 0b0000_0100), migOf("b", 0b1111_0000));

    assertThat(used(Bars.halves(mig, held, 8))).isEqualTo("..#.####");
    assertThat(used(Bars.halves(mig, held, 16))).isEqualTo("....##..########");
  }

  @Test
  void neighboursDifferInShade() {
    int[] halves = Bars.halves(mig, List.of(migOf("a", 1), migOf("c", 2), migOf("e", 4)), 8);

    assertThat(halves[0]).isNotEqualTo(halves[1]);
    assertThat(halves[1]).isNotEqualTo(halves[2]);
  }

  @Test
  void sharesLieOneBehindTheOtherToScale() {
    // 10 and 20 of 40 GiB: two and four of eight half cells.
    List<Held> held = List.of(share("a", 10_240), share("b", 20_480));

    assertThat(used(Bars.halves(plain, held, 8))).isEqualTo("######..");
    assertThat(used(Bars.halves(plain, List.of(share("a", 100)), 8))).isEqualTo("#.......");
    assertThat(used(Bars.halves(plain, List.of(share("a", 40_960)), 8))).isEqualTo("########");
    assertThat(used(Bars.halves(plain, List.of(share("a", 40_960), share("b", 100)), 8)))
        .isEqualTo("########");
  }

  @Test
  void aTerminalThatTellsNothingSensibleIsTakenForTheUsualOne() {
    assertThat(Terminal.read("48 160\n")).isEqualTo(new Terminal.Size(48, 160));
    assertThat(Terminal.read("0 0\n")).isEqualTo(Terminal.Size.USUAL);
    assertThat(Terminal.read("")).isEqualTo(Terminal.Size.USUAL);
    assertThat(Terminal.read("99999999 1")).isEqualTo(Terminal.Size.USUAL);
  }

  private static Held migOf(String uid, int mask) {
    return new Held(uid, Kind.MIG, 4_864, mask, 0);
  }

  private static Held share(String uid, int memoryMiB) {
    return new Held(uid, Kind.SHARE, memoryMiB, 0, 0);
  }

  private static String used(int[] halves) {
    StringBuilder text = new StringBuilder();
    IntStream.of(halves).forEach(half -> text.append(half == 0 ? '.' : '#'));
    return text.toString();
  }

  /** Without what only colours. */
  private static int width(String line) {
    return line.replaceAll("\033\\[[0-9;]*m", "").length();
  }

  private static List<List<Held>> nothing(NodeSpec node) {
    return node.gpus().stream().map(gpu -> List.<Held>of()).toList();
  }

  private NodeSpec node(String name) {
    return fleet.stream().filter(node -> node.name().equals(name)).findFirst().orElseThrow();
  }
}
