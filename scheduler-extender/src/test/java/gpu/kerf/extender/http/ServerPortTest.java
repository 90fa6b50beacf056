package gpu.kerf.extender.http;

import static org.assertj.core.api.Assertions.assertThat;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.settings.ByteCount;
import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.settings.SettingsSource;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What comes through which serverPort. */
class ServerPortTest {
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
    assertThat(ServerPort.verbs(with("16MiB")).limits().body()).isEqualTo(ByteCount.mib(16));
    assertThat(ServerPort.webhook(with("16MiB")).limits().body()).isEqualTo(ByteCount.mib(4));
    assertThat(ServerPort.webhook(with("64KiB")).limits().body()).isEqualTo(ByteCount.kib(64));
  }
}
