package gpu.kerf.extender.admission;

import gpu.kerf.extender.settings.AdmissionSettings;
import gpu.kerf.extender.settings.Settings;
import java.time.Duration;
import java.util.List;

/**
 * What the settings say about admission.
 *
 * @param scheduler the schedulerName of Kerf's pods
 * @param aliases of other schedulers whose pods become Kerf's if they ask for GPUs
 * @param runtimeClass of pods that ask for GPUs and name none; empty adds none
 * @param longestGrace the longest termination grace period of pods that ask for GPUs
 * @param mps how containers that may get an MPS share reach the daemon
 * @param refusesImpossible whether a pod that no managed node could ever take is refused
 * @param opened what an administrator opens to GPU pods
 * @param quotaMemory whether containers bring the most GPU memory that they can come to hold
 */
public record AdmissionOptions(
    String scheduler,
    List<String> aliases,
    String runtimeClass,
    Duration longestGrace,
    DaemonAccess mps,
    boolean refusesImpossible,
    Opened opened,
    boolean quotaMemory) {

  public AdmissionOptions {
    aliases = List.copyOf(aliases);
  }

  /** Where quota counts by what pods ask. */
  AdmissionOptions(
      String scheduler,
      List<String> aliases,
      String runtimeClass,
      Duration longestGrace,
      DaemonAccess mps,
      boolean refusesImpossible,
      Opened opened) {
    this(scheduler, aliases, runtimeClass, longestGrace, mps, refusesImpossible, opened, false);
  }

  public static AdmissionOptions of(Settings settings) {
    AdmissionSettings admission = settings.admission();
    return new AdmissionOptions(
        settings.cluster().schedulerName(),
        admission.aliases().values(),
        admission.runtimeClass(),
        admission.maxTerminationGracePeriod(),
        DaemonAccess.of(admission),
        admission.impossible() == AdmissionSettings.Impossible.REFUSE,
        Opened.of(admission),
        admission.quotaMemory());
  }
}
