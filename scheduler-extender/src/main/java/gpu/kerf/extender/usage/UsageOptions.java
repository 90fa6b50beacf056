package gpu.kerf.extender.usage;

import java.time.Duration;

/**
 * How usage is kept.
 *
 * @param keep how long hours are told apart
 * @param checkpoint how often what teams have used is written while it changes
 */
public record UsageOptions(Duration keep, Duration checkpoint) {

  public static UsageOptions defaults() {
    return new UsageOptions(Duration.ofDays(35), Duration.ofSeconds(5));
  }

  int keptHours() {
    return (int) Math.max(1, keep.plusHours(1).minusMillis(1).toHours());
  }
}
