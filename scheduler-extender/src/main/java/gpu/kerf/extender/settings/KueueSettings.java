package gpu.kerf.extender.settings;

import java.time.Duration;

/** How Kerf answers Kueue. */
public record KueueSettings(
    @Setting(
            "Whether Kerf answers the AdmissionChecks of Kueue whose controllerName is"
                + " kerf.gpu/fits. It needs the rights of components/kueue.")
        boolean enabled,
    @Setting(
            value =
                "How long a workload that does not fit keeps its quota. Then Kerf answers Retry:"
                    + " Kueue gives the quota to others, and tries again later.",
            min = "0s",
            max = "7d")
        Duration keepQuota,
    @Setting(
            value =
                "How long the room of a workload that was let through is not promised to another"
                    + " one, while its pods are not bound yet.",
            min = "1s",
            max = "1h")
        Duration promise) {

  static KueueSettings defaults() {
    return new KueueSettings(false, Duration.ofMinutes(1), Duration.ofMinutes(1));
  }
}
