package gpu.kerf.extender.telemetry;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import gpu.kerf.extender.settings.Settings;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets the format and the level of the log from the settings; can be called again when they change.
 */
public final class Logging {
  private static final String TEXT =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX,UTC} %-5level %logger{24} %msg%replace( %kvp){'^ $',''}%n%ex";

  private final LoggerContext context;
  private final Set<String> named = new TreeSet<>();

  /** Takes over logback as SLF4J has started it. */
  public Logging() {
    this((LoggerContext) LoggerFactory.getILoggerFactory());
  }

  Logging(LoggerContext context) {
    this.context = context;
  }

  public void apply(Settings.Logs settings) {
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setName("stderr");
    appender.setTarget("System.err");
    appender.setEncoder(encoder(settings.format()));
    appender.start();
    var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.detachAndStopAllAppenders();
    root.addAppender(appender);
    root.setLevel(level(settings.level()));
    named.forEach(name -> context.getLogger(name).setLevel(null));
    named.clear();
    quiet(settings);
    settings.levels().forEach((name, level) -> set(name, level(level)));
  }

  /** Libraries talk about their own affairs; below WARN only users who ask see that. */
  private void quiet(Settings.Logs settings) {
    if (settings.level() == Settings.Level.INFO) {
      set("io.netty", ch.qos.logback.classic.Level.WARN);
      set("io.vertx", ch.qos.logback.classic.Level.WARN);
    }
  }

  private void set(String name, ch.qos.logback.classic.Level level) {
    context.getLogger(name).setLevel(level);
    named.add(name);
  }

  Encoder<ILoggingEvent> encoder(Settings.Format format) {
    Encoder<ILoggingEvent> encoder = format == Settings.Format.JSON ? json() : text();
    encoder.setContext(context);
    encoder.start();
    return encoder;
  }

  private static Encoder<ILoggingEvent> text() {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setPattern(TEXT);
    return encoder;
  }

  private static Encoder<ILoggingEvent> json() {
    JsonEncoder encoder = new JsonEncoder();
    encoder.setWithSequenceNumber(false);
    encoder.setWithNanoseconds(false);
    encoder.setWithContext(false);
    encoder.setWithMarkers(false);
    encoder.setWithMDC(false);
    encoder.setWithFormattedMessage(true);
    encoder.setWithMessage(false);
    encoder.setWithArguments(false);
    return encoder;
  }

  private static ch.qos.logback.classic.Level level(Settings.Level level) {
    return ch.qos.logback.classic.Level.valueOf(level.name());
  }
}
