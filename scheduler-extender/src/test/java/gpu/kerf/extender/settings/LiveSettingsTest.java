package gpu.kerf.extender.settings;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.settings.LiveSettings.Outcome;
import gpu.kerf.extender.settings.Settings.Answer;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LiveSettingsTest {
  private final Vertx vertx = Vertx.vertx();
  private final List<Answer> seen = new ArrayList<>();
  private Instant now = Instant.ofEpochMilli(1000);
  @TempDir Path folder = Path.of("");

  @AfterEach
  void stop() {
    Await.value(vertx.close());
  }

  @Test
  void aLiveSettingChangesWhileTheServiceRuns() throws IOException {
    LiveSettings live = live("scheduling: {answer: winners}");

    write("scheduling: {answer: all}");
    now = Instant.ofEpochMilli(2000);

    assertThat(Await.value(live.reload())).isEqualTo(Outcome.CHANGED);
    assertThat(seen).containsExactly(Answer.WINNERS, Answer.ALL);
    assertThat(live.status()).isEqualTo(new LiveSettings.Status(2000, "", List.of()));
  }

  @Test
  void readersHearNothingWhereNothingChanged() throws IOException {
    LiveSettings live = live("scheduling: {answer: all}");

    assertThat(Await.value(live.reload())).isEqualTo(Outcome.UNCHANGED);
    assertThat(seen).containsExactly(Answer.ALL);
  }

  @Test
  void aChangeThatTakesARestartWaitsAndIsNamed() throws IOException {
    LiveSettings live = live("listen: {port: 1}");

    write("listen: {port: 2}\nscheduling: {answer: all}");
    Await.value(live.reload());

    assertThat(live.current().listen().port()).isEqualTo(1);
    assertThat(live.current().scheduling().answer()).isEqualTo(Answer.ALL);
    assertThat(live.status().waiting()).containsExactly("listen.port");
  }

  @Test
  void whatMakesNoSenseChangesNothingAndSaysSoUntilItIsMended() throws IOException {
    LiveSettings live = live("scheduling: {answer: all}");

    write("scheduling: {answer: most}\ncost: {prices: {H100-80GB: 1}}");
    now = Instant.ofEpochMilli(2000);

    assertThat(Await.value(live.reload())).isEqualTo(Outcome.REFUSED);
    assertThat(live.current().scheduling().answer()).isEqualTo(Answer.ALL);
    assertThat(live.current().cost().prices()).isEmpty();
    assertThat(live.status().loadedAt()).isEqualTo(1000);
    assertThat(live.status().problem()).contains("scheduling.answer (most");

    write("scheduling: {answer: all}");

    assertThat(Await.value(live.reload())).isEqualTo(Outcome.UNCHANGED);
    assertThat(live.status().problem()).isEmpty();
  }

  @Test
  void aFileThatVanishesChangesNothing() throws IOException {
    LiveSettings live = live("scheduling: {answer: all}");

    Files.delete(folder.resolve("kerf.yaml"));

    assertThat(Await.value(live.reload())).isEqualTo(Outcome.REFUSED);
    assertThat(live.current().scheduling().answer()).isEqualTo(Answer.ALL);
    assertThat(live.status().problem()).contains("does not exist");
  }

  private LiveSettings live(String yaml) throws IOException {
    write(yaml);
    SettingsSource source =
        new SettingsSource(vertx, folder.resolve("kerf.yaml"), Map.of(), List.of());
    InstantSource clock = () -> now;
    LiveSettings live = new LiveSettings(source, Await.value(source.read()), clock);
    live.onChange(settings -> seen.add(settings.scheduling().answer()));
    return live;
  }

  private void write(String yaml) throws IOException {
    Files.writeString(folder.resolve("kerf.yaml"), yaml);
  }
}
