package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.admission.PodProblem.Kind;
import gpu.kerf.extender.admission.PodTree.Box;
import gpu.kerf.extender.settings.HostPath;
import gpu.kerf.extender.wire.WireException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Refuses volumes that bring files or devices of the node into a GPU pod, unless they are harmless
 * or an administrator opened them. Refuses mounts that would bring devices or hide the MPS daemon.
 */
final class VolumeRules {

  /** Where a mount tells the container toolkit which devices to add. */
  private static final String LISTED = "/run/nvidia-container-devices";

  private static final String HOST_PATH = "hostPath";

  private final PodTree pod;
  private final Opened opened;
  private final Findings findings;

  /** The volumes of the node that may be read and not written. */
  private final Set<String> readOnly = new HashSet<>();

  VolumeRules(PodTree pod, Opened opened, Findings findings) throws WireException {
    this.pod = pod;
    this.opened = opened;
    this.findings = findings;
    for (JsonNode volume : pod.volumes()) {
      String name = PodTree.text(volume, "name");
      if (!PodTree.isNothing(volume.path(HOST_PATH)) && !MpsPaths.owns(name)) {
        HostPath open = opened.opening(Paths.plain(path(volume)));
        if (open == null || !open.writable()) {
          readOnly.add(name);
        }
      }
    }
  }

  private static String path(JsonNode volume) throws WireException {
    return PodTree.text(PodTree.object(volume, HOST_PATH), "path");
  }

  void checkPod(boolean sharesMayCome) throws WireException {
    for (JsonNode volume : pod.volumes()) {
      String name = PodTree.text(volume, "name");
      if (MpsPaths.owns(name)) {
        checkOwn(volume, name, sharesMayCome);
      } else {
        checkKind(volume, name);
      }
    }
    if (sharesMayCome && !MpsPaths.missingVolumes(pod.volumes()).isEmpty()) {
      findings.refuse(
          Kind.INCOMPLETE,
          "The volumes of the MPS daemon, which Kerf's mutating webhook adds, are missing.",
          "Check that the MutatingWebhookConfiguration of Kerf asks about this namespace.");
    }
  }

  private void checkKind(JsonNode volume, String name) throws WireException {
    for (Map.Entry<String, JsonNode> field : volume.properties()) {
      String kind = field.getKey();
      if (kind.equals("name") || PodTree.isNothing(field.getValue())) {
        continue;
      }
      if (kind.equals(HOST_PATH)) {
        checkHostPath(path(volume), name);
      } else if (!opened.opensVolume(kind)) {
        findings.refuse(
            Kind.VOLUME,
            "The volume "
                + SafeText.of(name)
                + " is of a kind ("
                + SafeText.of(kind)
                + ") that is not"
                + " open to GPU pods.",
            "Maybe take a persistentVolumeClaim; an administrator can add the kind to"
                + " admission.volumes.");
      }
    }
  }

  private void checkHostPath(String written, String name) {
    String path = Paths.plain(written);
    if (opened.opening(path) != null) {
      return;
    }
    readOnly.remove(name); // One problem is enough.
    HostPath above = opened.writableAbove(path);
    findings.refuse(
        Kind.HOST_PATH,
        "The volume "
            + SafeText.of(name)
            + " is the node's "
            + SafeText.of(written)
            + ", which is not open to GPU pods"
            + (above == null ? "." : ": a link may stand for what is in " + above.path() + "."),
        above == null
            ? "Maybe take a persistentVolumeClaim or an emptyDir; an administrator can open a"
                + " folder with admission.hostPaths."
            : "Mount " + above.path() + " with a subPath.");
  }

  private void checkOwn(JsonNode volume, String name, boolean sharesMayCome) {
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

  /**
   * @param access how the container reaches the MPS daemon
   */
  void checkContainer(Box box, DaemonAccess access) throws WireException {
    List<JsonNode> mounts = box.mounts();
    for (JsonNode mount : mounts) {
      checkMount(box, mount, access == DaemonAccess.PATHS);
    }
    for (JsonNode device : PodTree.objects(box.json(), "volumeDevices", box)) {
      String path = Paths.plain(PodTree.text(device, "devicePath"));
      if (path.startsWith("/dev/nvidia")) {
        refuseMount(box, path, "is where GPUs are");
      }
    }
    if (access != DaemonAccess.NONE) {
      checkDaemonMounts(box, mounts, access);
    }
  }

  private void checkMount(Box box, JsonNode mount, boolean mountsDaemon) throws WireException {
    String path = PodTree.text(mount, "mountPath");
    String volume = PodTree.text(mount, "name");
    if (readOnly.contains(volume) && !PodTree.truth(mount, "readOnly")) {
      findings.refuse(
          Kind.MOUNT,
          "The mount at "
              + SafeText.of(path)
              + " of the "
              + box
              + " may write to the node (volume "
              + SafeText.of(volume)
              + ").",
          "Write readOnly: true.");
    }
    if (MpsPaths.owns(volume)) {
      boolean right = false;
      for (MpsPaths own : MpsPaths.values()) {
        right |= own.isMountedBy(mount);
      }
      if (!right || !mountsDaemon) {
        refuseMount(box, path, "is a path of the MPS daemon that Kerf does not give it");
      }
    } else if (Paths.isWithin(Paths.plain(path), LISTED)) {
      refuseMount(box, path, "tells the container toolkit which devices to add");
    }
  }

  private void checkDaemonMounts(Box box, List<JsonNode> mounts, DaemonAccess access)
      throws WireException {
    for (MpsPaths own : MpsPaths.values()) {
      JsonNode there = null;
      for (JsonNode mount : mounts) {
        there = Paths.same(PodTree.text(mount, "mountPath"), own.inside()) ? mount : there;
      }
      if (there == null && access == DaemonAccess.PLUGIN) {
        continue; // The kubelet mounts it.
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
        refuseMount(box, own.inside(), "belongs to the MPS daemon");
      }
    }
  }

  private void refuseMount(Box box, String path, String why) {
    findings.refuse(
        Kind.MOUNT,
        "The mount at " + SafeText.of(path) + " of the " + box + " " + why + ".",
        "Leave it out, or mount it elsewhere.");
  }
}
