package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nodes lose, regain, swap and get GPUs, are cut anew and stop giving UUIDs, while pods are bound
 * and end and Kerf restarts. After every step the ledger says what the records on the pods say by
 * UUID, and what a ledger says that is built from them.
 */
class IdentityWalkTest {

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void theLedgerIsWhatTheRecordsSayAfterAnyChangeOfTheInventory(long seed) {
    IdentityWalk walk = new IdentityWalk(seed);
    for (int step = 0; step < 300; step++) {
      walk.step();
    }
  }

  @Test
  void theWalkComesByEverything() {
    IdentityWalk walk = new IdentityWalk(11);
    for (int step = 0; step < 600; step++) {
      walk.step();
    }
    assertThat(walk.seen)
        .containsKeys(
            "bound",
            "not bound",
            "bound without an answer",
            "ended",
            "restarted",
            "lost",
            "regained",
            "added",
            "reordered",
            "cut anew",
            "cut as before",
            "without UUIDs",
            "with UUIDs",
            "conflict GPU_GONE",
            "conflict INSTANCE_GONE",
            "conflict GPU_UNIDENTIFIED",
            "conflict NO_SUCH_SLOT",
            "proposal moved",
            "proposal dropped");
  }
}
