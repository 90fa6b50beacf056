package gpu.kerf.extender.telemetry;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.status.NopStatusListener;
import java.util.function.Predicate;
import org.slf4j.Logger;

/**
 * The log until a command that serves takes over, as its settings say: only what is wrong, on
 * stderr.
 *
 * <p>Logback finds it by {@code META-INF/services}. A logback.xml would say the same, and every
 * start would load an XML parser and five hundred classes to read it.
 */
public final class FirstLogging extends ContextAwareBase implements Configurator {
  private static final String TEXT = "%-5level %logger{24} %msg %kvp%n%ex";
  private static final String FILE_PROPERTY = "logback.configurationFile";
  private static final String TEST_FILE = "logback-test.xml";

  private final Predicate<String> isResource;

  /** For logback. */
  public FirstLogging() {
    this(name -> FirstLogging.class.getClassLoader().getResource(name) != null);
  }

  FirstLogging(Predicate<String> isResource) {
    this.isResource = isResource;
  }

  @Override
  public ExecutionStatus configure(LoggerContext loggers) {
    if (System.getProperty(FILE_PROPERTY) != null || isResource.test(TEST_FILE)) {
      return ExecutionStatus.INVOKE_NEXT_IF_ANY;
    }
    loggers.getStatusManager().add(new NopStatusListener());
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(loggers);
    encoder.setPattern(TEXT);
    encoder.start();
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(loggers);
    appender.setName("stderr");
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();
    var root = loggers.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    root.addAppender(appender);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
