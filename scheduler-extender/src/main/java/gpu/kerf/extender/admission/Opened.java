package gpu.kerf.extender.admission;

import gpu.kerf.extender.settings.AdmissionSettings;
import gpu.kerf.extender.settings.HostPath;
import gpu.kerf.extender.settings.Names;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a node that GPU pods may use: those that are always harmless, and those that an
 * administrator opens. Kerf refuses everything else, so that no list has to name every path that
 * leads to devices.
 *
 * @param paths folders of the nodes
 * @param capabilities without the prefix {@code CAP_}
 * @param volumes the fields of volumes that say what they are
 */
record Opened(List<HostPath> paths, Set<String> capabilities, Set<String> volumes) {

  /** Those that the pod security level baseline lets a container add. */
  private static final Set<String> BASELINE =
      Set.of(
          "AUDIT_WRITE",
          "CHOWN",
          "DAC_OVERRIDE",
          "FOWNER",
          "FSETID",
          "KILL",
          "MKNOD",
          "NET_BIND_SERVICE",
          "SETFCAP",
          "SETGID",
          "SETPCAP",
          "SETUID",
          "SYS_CHROOT");

  /** Those of the pod security level restricted, images, and the one network share in wide use. */
  private static final Set<String> HARMLESS =
      Set.of(
          "configMap",
          "csi",
          "downwardAPI",
          "emptyDir",
          "ephemeral",
          "image",
          "nfs",
          "persistentVolumeClaim",
          "projected",
          "secret");

  static final Opened NOTHING = new Opened(List.of(), Set.of(), Set.of());

  Opened {
    paths = List.copyOf(paths);
    capabilities = union(BASELINE, capabilities);
    volumes = union(HARMLESS, volumes);
  }

  static Opened of(AdmissionSettings settings) {
    return new Opened(
        HostPath.parse(settings.hostPaths()),
        set(settings.capabilities()),
        set(settings.volumes()));
  }

  private static Set<String> set(Names names) {
    return Set.copyOf(new TreeSet<>(names.values()));
  }

  private static Set<String> union(Set<String> some, Set<String> others) {
    TreeSet<String> all = new TreeSet<>(some);
    all.addAll(others);
    return Set.copyOf(all);
  }

  /** The entry by which a path may be mounted; null if none opens it. */
  @Nullable HostPath opening(String plainPath) {
    HostPath found = null;
    for (HostPath each : paths) {
      if (each.path().equals(plainPath)) {
        return each;
      }
      if (each.holds(plainPath)) {
        if (each.writable()) {
          return null;
        }
        found = each;
      }
    }
    return found;
  }

  /** The folder that may be written and holds a path, which is therefore not open itself. */
  @Nullable HostPath writableAbove(String plainPath) {
    for (HostPath each : paths) {
      if (each.writable() && each.holds(plainPath)) {
        return each;
      }
    }
    return null;
  }

  boolean opensVolume(String kind) {
    return volumes.contains(kind);
  }

  /** A capability as the kernel calls it, however a pod writes it. */
  static String plainCapability(String written) {
    String upper = written.toUpperCase(Locale.ROOT);
    return upper.startsWith("CAP_") ? upper.substring("CAP_".length()) : upper;
  }

  boolean opensCapability(String plain) {
    return capabilities.contains(plain);
  }
}
