package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.admission.PodTree.Box;
import gpu.kerf.extender.admission.Problem.Kind;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.demand.Demand;
import gpu.kerf.model.demand.WallChoice;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a pod has of its node's files, and where its containers see it. */
final class VolumeRules {

  /** The devices, and the sockets and folders of those who hand them out. */
  private static final List<String> GUARDED =
      List.of(
          "/proc",
          "/sys",
          "/run/nvidia",
          "/run/nvidia-container-devices",
          "/run/nvidia-topologyd",
          "/run/kerf",
          "/run/cdi",
          "/run/containerd",
          "/run/crio",
          "/run/docker.sock",
          "/run/k3s",
          "/run/nri",
          "/run/udev",
          "/etc/cdi",
          "/etc/containerd",
          "/etc/crio",
          "/etc/nvidia-container-runtime",
          "/etc/kubernetes",
          "/var/lib/kubelet",
          "/var/lib/containerd",
          "/var/lib/containers",
          "/var/lib/docker",
          "/var/lib/rancher",
          "/tmp/nvidia-mps",
          "/usr/local/vgpu");

  private static final String DEVICES = "/dev";

  /** What is below /dev and no device of anybody's. */
  private static final List<String> HARMLESS =
      List.of("/dev/shm", "/dev/infiniband", "/dev/hugepages", "/dev/fuse");

  /** Where a mount tells the container toolkit which devices to add. */
  private static final String LISTED = "/run/nvidia-container-devices";

  private VolumeRules() {}

  static void checkPod(PodTree pod, boolean sharesMayCome, Findings findings) throws WireException {
    for (JsonNode volume : pod.volumes()) {
      String name = PodTree.text(volume, "name");
      if (MpsPaths.owns(name)) {
        checkOwn(volume, name, sharesMayCome, findings);
      } else {
        checkHostPath(volume, name, findings);
      }
    }
    if (sharesMayCome && !MpsPaths.missingVolumes(pod.volumes()).isEmpty()) {
      findings.refuse(
          Kind.INCOMPLETE,
          "The volumes of the MPS daemon, which Kerf's mutating webhook adds, are missing.",
          "Check that the MutatingWebhookConfiguration of Kerf asks about this namespace.");
    }
  }

  private static void checkOwn(
      JsonNode volume, String name, boolean sharesMayCome, Findings findings) {
    boolean right = sharesMayCome;
    for (MpsPaths path : MpsPaths.values()) {
      right &= !path.volume().equals(name) || path.is(volume);
    }
    if (!right) {
      findings.refuse(
          Kind.MOUNT,
          "The volume " + name + " is not the one that Kerf adds under this name.",
          "Give it another name, or leave it out.");
    }
  }

  private static void checkHostPath(JsonNode volume, String name, Findings findings)
      throws WireException {
    JsonNode hostPath = PodTree.object(volume, "hostPath");
    String written = PodTree.text(hostPath, "path");
    if (written.isEmpty()) {
      return;
    }
    String path = Paths.plain(written);
    boolean devices = Paths.touch(path, DEVICES) && !isHarmless(path);
    if (devices || Paths.touchesAny(path, GUARDED)) {
      findings.refuse(
          Kind.HOST_PATH,
          "The volume "
              + Shown.of(name)
              + " is the node's "
              + Shown.of(written)
              + ", where devices or those who hand them out can be reached.",
          "Mount a folder of its own, such as /data"
              + (path.equals("/dev") ? ", or an emptyDir at /dev/shm." : "."));
    }
  }

  private static boolean isHarmless(String path) {
    return HARMLESS.stream().anyMatch(each -> Paths.isWithin(path, each));
  }

  /**
   * @param reachesDaemon whether Kerf gives the container the paths of the MPS daemon
   */
  static void checkContainer(
      Box box, @Nullable Demand demand, boolean reachesDaemon, Findings findings)
      throws WireException {
    List<JsonNode> mounts = box.mounts();
    for (JsonNode mount : mounts) {
      checkMount(box, mount, reachesDaemon, findings);
    }
    for (JsonNode device : PodTree.objects(box.json(), "volumeDevices", box)) {
      String path = Paths.plain(PodTree.text(device, "devicePath"));
      if (path.startsWith("/dev/nvidia")) {
        refuseMount(box, path, "is where GPUs are", findings);
      }
    }
    if (reachesDaemon) {
      checkDaemonMounts(box, mounts, demand, findings);
    }
  }

  private static void checkMount(Box box, JsonNode mount, boolean reachesDaemon, Findings findings)
      throws WireException {
    String path = PodTree.text(mount, "mountPath");
    if (MpsPaths.owns(PodTree.text(mount, "name"))) {
      boolean right = false;
      for (MpsPaths own : MpsPaths.values()) {
        right |= own.isMountedBy(mount);
      }
      if (!right || !reachesDaemon) {
        refuseMount(box, path, "is a path of the MPS daemon that Kerf does not give it", findings);
      }
    } else if (Paths.isWithin(Paths.plain(path), LISTED)) {
      refuseMount(box, path, "tells the container toolkit which devices to add", findings);
    }
  }

  private static void checkDaemonMounts(
      Box box, List<JsonNode> mounts, @Nullable Demand demand, Findings findings)
      throws WireException {
    for (MpsPaths own : MpsPaths.values()) {
      JsonNode there = null;
      for (JsonNode mount : mounts) {
        there = Paths.same(PodTree.text(mount, "mountPath"), own.inside()) ? mount : there;
      }
      if (there == null) {
        findings.refuse(
            Kind.INCOMPLETE,
            "The mount at "
                + own.inside()
                + ", which Kerf's mutating webhook adds, is missing in the "
                + box
                + ".",
            "Check that the MutatingWebhookConfiguration of Kerf asks about this namespace.");
      } else if (!own.isMountedBy(there)) {
        taken(box, own, demand, findings);
      }
    }
  }

  /** Something else is mounted where the daemon's path belongs. */
  private static void taken(Box box, MpsPaths own, @Nullable Demand demand, Findings findings) {
    boolean anyWall = demand != null && demand.wall() == WallChoice.ANY;
    if (own == MpsPaths.SHM && anyWall) {
      findings.warn(
          "The "
              + box
              + " mounts a volume of its own at /dev/shm: on an MPS share CUDA will not start."
              + " Leave it out, or ask for kerf.gpu/wall: mig.");
    } else {
      refuseMount(box, own.inside(), "belongs to the MPS daemon", findings);
    }
  }

  private static void refuseMount(Box box, String path, String why, Findings findings) {
    findings.refuse(
        Kind.MOUNT,
        "The mount at " + Shown.of(path) + " of the " + box + " " + why + ".",
        "Leave it out, or mount it elsewhere.");
  }
}
