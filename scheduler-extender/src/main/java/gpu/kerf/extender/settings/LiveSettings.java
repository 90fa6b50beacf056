package gpu.kerf.extender.settings;

import io.vertx.core.Future;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The settings in force, and the result of the last attempt to change them.
 *
 * <p>Only live settings change at once; a change of another setting waits for the next start, and
 * {@link Status#waiting} lists it. Invalid settings change nothing. Everything happens on the
 * context that calls {@link #reload}.
 */
public final class LiveSettings {
  private final SettingsSource source;
  private final InstantSource clock;
  private final List<Consumer<Settings>> readers = new ArrayList<>();
  private Settings current;
  private Status status;

  /**
   * What is known of the settings.
   *
   * @param loadedAt when they were last read without a problem, in milliseconds
   * @param problem why the newest ones are not in force; empty if they are
   * @param waiting the paths that have changed and take a restart
   */
  public record Status(long loadedAt, String problem, List<String> waiting) {}

  /** What a reload came to. */
  public enum Outcome {
    UNCHANGED,
    CHANGED,
    REFUSED
  }

  public LiveSettings(SettingsSource source, Settings initial, InstantSource clock) {
    this.source = source;
    this.current = initial;
    this.clock = clock;
    this.status = new Status(clock.millis(), "", List.of());
  }

  public Settings current() {
    return current;
  }

  public Status status() {
    return status;
  }

  /** Calls a reader now and after every change. */
  public void onChange(Consumer<Settings> reader) {
    readers.add(reader);
    reader.accept(current);
  }

  /** Reads the source again; never fails. */
  public Future<Outcome> reload() {
    return source.read().map(this::accept).otherwise(this::refuse);
  }

  private Outcome accept(Settings fresh) {
    List<String> waiting = new ArrayList<>();
    Settings next = merged("", Settings.class, current, fresh, waiting);
    status = new Status(clock.millis(), "", waiting);
    if (next.equals(current)) {
      return Outcome.UNCHANGED;
    }
    current = next;
    readers.forEach(reader -> reader.accept(next));
    return Outcome.CHANGED;
  }

  private Outcome refuse(Throwable failure) {
    status = new Status(status.loadedAt(), String.valueOf(failure.getMessage()), status.waiting());
    return Outcome.REFUSED;
  }

  private static <T> T merged(
      String path, Class<T> type, T running, T fresh, List<String> waiting) {
    List<Object> values = new ArrayList<>();
    for (Branch branch : Branch.of(path, type)) {
      values.add(merged(branch, branch.in(running), branch.in(fresh), waiting));
    }
    return Branch.create(type, values);
  }

  private static <T> Object merged(Branch branch, T running, T fresh, List<String> waiting) {
    if (branch.isGroup()) {
      @SuppressWarnings("unchecked")
      Class<T> type = (Class<T>) running.getClass();
      return merged(branch.path(), type, running, fresh, waiting);
    }
    if (branch.setting().live()) {
      return fresh;
    }
    if (!running.equals(fresh)) {
      waiting.add(branch.path());
    }
    return running;
  }
}
