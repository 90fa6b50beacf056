package gpu.kerf.extender.demo;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.embedded.FleetFile;
import org.junit.jupiter.api.Test;

/** On h100-b the GPUs 0 to 3 are plain and 4 to 7 in MIG mode. */
class SlotAuditTest {

  private final SlotAudit audit = new SlotAudit(FleetFile.standard());

  @Test
  void slotsBesideEachOtherAreFine() {
    hold("a", "{\"gpu\":0,\"mps\":{\"smMilli\":300},\"memoryMiB\":40000}");
    hold("b", "{\"gpu\":0,\"mps\":{\"smMilli\":700},\"memoryMiB\":40000}");
    hold("c", "{\"gpu\":1,\"whole\":true,\"memoryMiB\":81559}");
    hold("d", mig(4, "3g.40gb", 0));
    hold("e", mig(4, "3g.40gb", 4));

    assertThat(audit.violations()).isEmpty();
    assertThat(audit.gpusInUse()).isEqualTo(3);
    assertThat(audit.heldMiB()).isEqualTo(80_000 + 81_559 + 2 * 40_448);
  }

  @Test
  void whatIsGivenTwiceIsFound() {
    hold("a", "{\"gpu\":0,\"whole\":true,\"memoryMiB\":81559}");
    hold("b", "{\"gpu\":0,\"whole\":true,\"memoryMiB\":81559}");
    hold("c", "{\"gpu\":0,\"mps\":{\"smMilli\":0},\"memoryMiB\":10}");
    assertThat(audit.violations())
        .hasSize(2)
        .allMatch(text -> text.contains("hold a whole GPU and something else on it"));
  }

  @Test
  void overlappingSlicesAreFound() {
    hold("a", mig(4, "3g.40gb", 0));
    hold("b", mig(4, "1g.10gb", 3));

    assertThat(audit.violations())
        .singleElement()
        .asString()
        .contains("hold the same memory slices");
  }

  @Test
  void memoryAndMultiprocessorsAreAddedUp() {
    hold("a", "{\"gpu\":0,\"mps\":{\"smMilli\":600},\"memoryMiB\":81000}");
    hold("b", "{\"gpu\":0,\"mps\":{\"smMilli\":0},\"memoryMiB\":560}");
    hold("c", "{\"gpu\":1,\"mps\":{\"smMilli\":600},\"memoryMiB\":10}");
    hold("d", "{\"gpu\":1,\"mps\":{\"smMilli\":401},\"memoryMiB\":10}");

    // 81000 + 560 = 81560, one more than there is; 600 + 401 = 1001.
    assertThat(audit.violations()).hasSize(2);
  }

  @Test
  void aSlotThatTheGpuCannotHaveIsFound() {
    hold("a", mig(0, "1g.10gb", 0));
    hold("b", "{\"gpu\":4,\"whole\":true,\"memoryMiB\":81559}");
    hold("c", mig(5, "3g.40gb", 2));
    hold("d", "{\"gpu\":8,\"whole\":true,\"memoryMiB\":81559}");
    audit.bound("e", "h100-b", "{\"node\":\"h100-a\"}");
    audit.bound("f", "h100-b", "nonsense");

    assertThat(audit.violations()).hasSize(7);
  }

  @Test
  void whoIsGoneHoldsNothing() {
    hold("a", "{\"gpu\":0,\"whole\":true,\"memoryMiB\":81559}");
    audit.gone("a", "h100-b");
    hold("b", "{\"gpu\":0,\"whole\":true,\"memoryMiB\":81559}");

    assertThat(audit.violations()).isEmpty();
    assertThat(audit.heldMiB()).isEqualTo(81_559);
  }

  private void hold(String uid, String slot) {
    audit.bound(
        uid,
        "h100-b",
        "{\"v\":1,\"node\":\"h100-b\",\"containers\":[{\"name\":\"main\",\"slots\":["
            + slot
            + "]}]}");
  }

  private static String mig(int gpu, String profile, int start) {
    return "{\"gpu\":%d,\"mig\":{\"profile\":\"%s\",\"start\":%d},\"memoryMiB\":40448}"
        .formatted(gpu, profile, start);
  }
}
