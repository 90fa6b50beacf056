package gpu.kerf.extender.settings;

import java.time.Duration;

/** The settings of the webhooks. */
public record AdmissionSettings(
    @Setting("Whether the webhook is served.") boolean enabled,
    @Setting("Its address; the API server comes from another machine.") String host,
    @Setting(value = "Its port; 0 takes any free one.", min = "0", max = "65535") int port,
    @Setting(
            "The PEM file with its certificate. The files are looked at as often as"
                + " tls.checkEvery says, and may come later than the service.")
        String certificate,
    @Setting("The PEM file with its private key (PKCS#8).") String key,
    @Setting(
            "The PEM file with the authorities of clients. With it, only an API server that shows"
                + " a certificate of theirs is answered.")
        String clientAuthorities,
    @Setting(
            "Names of other schedulers whose pods become Kerf's if they ask for GPUs, such as"
                + " [default-scheduler, kai-scheduler].")
        Names aliases,
    @Setting("The runtime class of pods that ask for GPUs and name none; empty adds none.")
        String runtimeClass,
    @Setting(
            value =
                "The longest terminationGracePeriodSeconds of pods that ask for GPUs: for so long"
                    + " their containers may run on, and hold GPU memory, after they were deleted"
                    + " by force.",
            min = "1s",
            max = "7d")
        Duration maxTerminationGracePeriod,
    @Setting(
            "Whether containers that may get an MPS share get the two host paths of the MPS"
                + " daemon. Without them a share has no wall.")
        boolean mps,
    @Setting(
            "How they get them: by host paths that Kerf adds to the pod (paths), or from a device"
                + " plugin on the node (plugin), which needs no host path in the pod's namespace:"
                + " docs/explanation/mps.md.")
        MpsMounts mpsMounts,
    @Setting(
            "What happens to a pod that no managed node could ever take: refuse, or warn, for"
                + " clusters where nodes are made for waiting pods.")
        Impossible impossible,
    @Setting(
            "Folders of the nodes that GPU pods may mount, each with what is below it and read"
                + " only, such as [/data/models]. With :rw ([/scratch:rw]) it may be written, and"
                + " is open under its own path alone.")
        Names hostPaths,
    @Setting(
            "Capabilities that containers of GPU pods may add beside those of the pod security"
                + " level baseline, such as [IPC_LOCK].")
        Names capabilities,
    @Setting(
            "Kinds of volumes that GPU pods may have beside configMap, csi, downwardAPI, emptyDir,"
                + " ephemeral, image, nfs, persistentVolumeClaim, projected and secret, such as"
                + " [cephfs].")
        Names volumes,
    @Setting(
            "Whether each container that asks for GPUs brings kerf.gpu/quota-memory, the most GPU"
                + " memory that it can come to hold, so that one quota counts all pods:"
                + " docs/how-to/limit-by-quota.md.")
        boolean quotaMemory) {

  /** What happens to a pod that no managed node could ever take. */
  public enum Impossible {
    REFUSE,
    /** For clusters that grow: a pod must wait for the node that is made for it. */
    WARN
  }

  /** How containers get the paths of the MPS daemon. */
  public enum MpsMounts {
    PATHS,
    PLUGIN
  }

  static AdmissionSettings defaults() {
    return new AdmissionSettings(
        false,
        "0.0.0.0",
        8443,
        "",
        "",
        "",
        Names.NONE,
        "nvidia",
        Duration.ofMinutes(10),
        true,
        MpsMounts.PATHS,
        Impossible.REFUSE,
        Names.NONE,
        Names.NONE,
        Names.NONE,
        false);
  }
}
