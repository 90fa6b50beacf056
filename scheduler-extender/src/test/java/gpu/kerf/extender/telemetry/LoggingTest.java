package gpu.kerf.extender.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.settings.Settings.Format;
import gpu.kerf.extender.settings.Settings.Level;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoggingTest {
  private final LoggerContext context = new LoggerContext();
  private final Logging logging = new Logging(context);

  @Test
  void textSaysWhatHappenedAndThenToWhom() {
    assertThat(said(Format.TEXT))
        .matches(
            "(?s)\\d{4}-\\d\\d-\\d\\dT\\S+Z WARN  \\S+ The pod waits\\. pod=\"ml/x\" id=\"a-1\"\\n");
  }

  @Test
  void jsonHasTheSameInFields() {
    JsonObject line = new JsonObject(said(Format.JSON));
    assertThat(line.getString("level")).isEqualTo("WARN");
    assertThat(line.getString("formattedMessage")).isEqualTo("The pod waits.");
    assertThat(line.getJsonArray("kvpList").encode())
        .contains("{\"pod\":\"ml/x\"}")
        .contains("{\"id\":\"a-1\"}");
  }

  @Test
  void levelsCanBeSetForOnePartAndAreForgottenWhenTheyAreTakenAway() {
    logging.apply(new Settings.Logs(Level.WARN, Map.of("gpu.kerf.a", Level.DEBUG), Format.TEXT));
    assertThat(context.getLogger("gpu.kerf.a").isDebugEnabled()).isTrue();
    assertThat(context.getLogger("gpu.kerf.b").isInfoEnabled()).isFalse();

    logging.apply(new Settings.Logs(Level.INFO, Map.of(), Format.TEXT));

    assertThat(context.getLogger("gpu.kerf.a").isDebugEnabled()).isFalse();
    assertThat(context.getLogger("gpu.kerf.b").isInfoEnabled()).isTrue();
    assertThat(context.getLogger("io.netty.x").isInfoEnabled()).as("libraries").isFalse();
  }

  /** A line as it is written in a format. */
  private String said(Format format) {
    logging.apply(new Settings.Logs(Level.INFO, Map.of(), format));
    ListAppender<ILoggingEvent> events = new ListAppender<>();
    events.setContext(context);
    events.start();
    Logger logger = context.getLogger("gpu.kerf.test");
    logger.setAdditive(false);
    logger.addAppender(events);
    logger
        .atWarn()
        .addKeyValue(LogKeys.POD, "ml/x")
        .addKeyValue(LogKeys.ID, "a-1")
        .log("The pod waits.");
    byte[] line = logging.encoder(format).encode(events.list.get(0));
    return new String(line, StandardCharsets.UTF_8);
  }
}
