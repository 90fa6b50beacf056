package gpu.kerf.extender.admission;

import gpu.kerf.extender.settings.AdmissionSettings;

/** How containers that may get an MPS share reach the MPS daemon. */
enum DaemonAccess {
  /** Not at all: other software keeps the limits, or none does. */
  NONE,
  /** By host paths of the pod. */
  PATHS,
  /** By mounts that a device plugin hands out. */
  PLUGIN;

  static DaemonAccess of(AdmissionSettings admission) {
    if (!admission.mps()) {
      return NONE;
    }
    return admission.mpsMounts() == AdmissionSettings.MpsMounts.PLUGIN ? PLUGIN : PATHS;
  }
}
