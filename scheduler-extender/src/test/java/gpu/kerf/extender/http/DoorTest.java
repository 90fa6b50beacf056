package gpu.kerf.extender.http;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.settings.Bytes;
import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.settings.SettingsSource;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What comes through which door. */
class DoorTest {
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void stop() {
    Await.value(vertx.close());
  }

  private Settings with(String body) {
    List<String> assignment = List.of("limits.body=" + body);
    return Await.value(new SettingsSource(vertx, null, Map.of(), assignment).read());
  }

  @Test
  void aReviewEndsAtFourMebibytesHoweverLongTheBodiesOfVerbsMayBe() {
    assertThat(Door.verbs(with("16MiB")).limits().body()).isEqualTo(Bytes.mib(16));
    assertThat(Door.webhook(with("16MiB")).limits().body()).isEqualTo(Bytes.mib(4));
    assertThat(Door.webhook(with("64KiB")).limits().body()).isEqualTo(Bytes.kib(64));
  }
}
