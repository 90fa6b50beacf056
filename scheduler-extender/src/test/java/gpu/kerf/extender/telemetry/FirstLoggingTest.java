package gpu.kerf.extender.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;

class FirstLoggingTest {
  private final LoggerContext context = new LoggerContext();

  @Test
  void logbackFindsIt() {
    assertThat(ServiceLoader.load(Configurator.class))
        .hasAtLeastOneElementOfType(FirstLogging.class);
  }

  @Test
  void onlyWhatIsWrongIsSaidAndOnStderr() {
    assertThat(configure(name -> false))
        .isEqualTo(Configurator.ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY);

    var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    assertThat(root.getLevel()).isEqualTo(Level.WARN);
    assertThat(appenders(root))
        .singleElement()
        .isInstanceOfSatisfying(
            ConsoleAppender.class,
            appender -> {
              assertThat(appender.getTarget()).isEqualTo("System.err");
              assertThat(appender.isStarted()).isTrue();
            });
  }

  @Test
  void fileOfTestsWinsOverIt() {
    assertThat(configure("logback-test.xml"::equals))
        .isEqualTo(Configurator.ExecutionStatus.INVOKE_NEXT_IF_ANY);
    assertThat(appenders(context.getLogger(Logger.ROOT_LOGGER_NAME))).isEmpty();
  }

  private Configurator.ExecutionStatus configure(Predicate<String> hasFile) {
    FirstLogging logging = new FirstLogging(hasFile);
    logging.setContext(context);
    return logging.configure(context);
  }

  private static List<Appender<ILoggingEvent>> appenders(ch.qos.logback.classic.Logger logger) {
    List<Appender<ILoggingEvent>> all = new ArrayList<>();
    logger.iteratorForAppenders().forEachRemaining(all::add);
    return all;
  }
}
