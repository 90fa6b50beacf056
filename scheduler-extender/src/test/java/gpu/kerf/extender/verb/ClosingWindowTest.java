package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.wire.PodView;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is told of evictions before a window closes, with a moved clock. */
class ClosingWindowTest {
  private static final long MINUTE = 60_000;
  private static final String NIGHTS =
      "'guarantee': '0', 'limit': '1', 'windows': [{'name': 'nights', 'schedule': '0 20 * * *',"
          + " 'timeZone': 'Europe/Berlin', 'duration': '10h', 'limit': '4'}]";

  private TeamWorld world;

  @BeforeEach
  void threePodsRunAtNight() {
    world = new TeamWorld();
    world.millis = Instant.parse("2026-11-30T22:00:00Z").toEpochMilli();
    world.node("a", 4).team("analytics", NIGHTS).team("fraud", "'guarantee': '2'");
    world.running("analytics", "n", 3, "a");
  }

  /** The window closes at 06:00 in Berlin, which is 05:00 UTC. */
  private void minutesBeforeItCloses(long minutes) {
    long closes = Instant.parse("2026-12-01T05:00:00Z").toEpochMilli();
    world.wallShift = closes - minutes * MINUTE - world.millis;
    world.pass(61_000);
  }

  @Test
  void nothingIsToldLongBefore() {
    minutesBeforeItCloses(30);
    assertThat(world.cluster.announced).isEmpty();
    assertThat(world.cluster.evictions).isEmpty();
  }

  @Test
  void thePodsAreToldWhenAndWhy() {
    minutesBeforeItCloses(8);
    assertThat(world.cluster.announced).containsOnlyKeys("n1", "n2");
    assertThat(world.cluster.announced.get("n2"))
        .isEqualTo(
            "Window nights of team analytics closes on 1 December 2026 at 06:00 (Europe/Berlin)."
                + " From then on the limit of the team is 1 GPU, and Kerf will evict this pod.");
    assertThat(world.cluster.evictions).isEmpty();
    minutesBeforeItCloses(0);
    assertThat(world.cluster.evictions).containsExactlyInAnyOrder("n1", "n2");
    assertThat(world.cluster.withdrawn).isEmpty();
  }

  @Test
  void whatIsNotToBeEvictedAnyMoreIsToldSo() {
    minutesBeforeItCloses(8);
    world.end("n0");
    world.pass(6_000);
    assertThat(world.cluster.withdrawn).containsExactly("n1");
    assertThat(world.cluster.announced).containsOnlyKeys("n2");
    world.team("analytics", NIGHTS.replace("'limit': '1'", "'limit': '3'"));
    world.pass(6_000);
    assertThat(world.cluster.announced).isEmpty();
  }

  @Test
  void anotherProcessFindsWhatWasTold() {
    minutesBeforeItCloses(30);
    PodView.Builder pod = world.running("analytics", "found", 1, "a").get(0);
    world.tell(pod.evictionAnnounced(true));
    world.pass(6_000);
    assertThat(world.cluster.withdrawn).contains("found0");
  }
}
