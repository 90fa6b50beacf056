package gpu.kerf.extender.verb;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.cluster.EvictResult;
import gpu.kerf.extender.wire.PodView;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What turns tell those who listen: evictions, reclaims, windows. */
class TurnNewsTest {
  private final TeamWorld world = new TeamWorld();
  private final List<String> news = new ArrayList<>();

  @BeforeEach
  void listen() {
    world.scheduling.onEvicted((pod, why) -> news.add("evicted " + pod + ": " + why));
    world
        .verbs
        .turns()
        .onReclaim(
            reclaim ->
                news.add(
                    reclaim.team()
                        + " took from "
                        + reclaim.victims().get(0).name()
                        + ": "
                        + reclaim.outcome()));
    world
        .verbs
        .turns()
        .onWindow(
            (team, window, before) ->
                news.add(team + " from '" + before + "' to '" + window + "'"));
    world.node("a", 4);
    world.team("research", "'guarantee': '1'");
  }

  @Test
  void anEvictionIsToldOnceAndTheReclaimAtItsEnd() {
    world.team("fraud", "'guarantee': '3'");
    world.running("research", "r", 4, "a");
    PodView.Builder pod = world.gated("fraud", "urgent", 1);
    world.tell(pod);
    world.pass(100);
    assertThat(news)
        .containsExactly(
            "evicted research/r3: Evicted because team fraud takes back its guarantee, and team"
                + " research holds more than its own.");
    news.clear();
    world.end("r3");
    assertThat(world.place(pod, "a")).isEqualTo("a");
    world.pass(1_000);
    assertThat(news).containsExactly("fraud took from research/r3: done");
  }

  @Test
  void anEvictionThatTheApiServerRefusesIsNotTold() {
    world.team("fraud", "'guarantee': '3'");
    world.running("research", "r", 4, "a");
    world.cluster.evicts = EvictResult.Kind.BLOCKED;
    world.tell(world.gated("fraud", "urgent", 1));
    world.pass(100);
    assertThat(news).containsExactly("fraud took from research/r3: blocked");
  }

  /** The world begins at 00:16:40 of 1 January 1970. */
  @Test
  void windowsAreToldWhenTheyOpenAndClose() {
    world.team(
        "fraud",
        "'guarantee': '1', 'windows': [{'name': 'early', 'schedule': '20 0 * * *',"
            + " 'timeZone': 'UTC', 'duration': '5m', 'guarantee': '2'}]");
    world.pass(60_000);
    assertThat(news).isEmpty();
    world.pass(240_000);
    assertThat(news).containsExactly("fraud from '' to 'early'");
    world.pass(300_000);
    assertThat(news).containsExactly("fraud from '' to 'early'", "fraud from 'early' to ''");
  }

  @Test
  void aTeamThatComesWithAnOpenWindowIsNoNews() {
    world.team(
        "fraud",
        "'guarantee': '1', 'windows': [{'name': 'always', 'schedule': '0 0 * * *',"
            + " 'timeZone': 'UTC', 'duration': '1d', 'guarantee': '2'}]");
    world.pass(120_000);
    assertThat(news).isEmpty();
  }
}
