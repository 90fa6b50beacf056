package gpu.kerf.extender.controlplane;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a machine must have for a real kubelet with containerd, besides the control plane's. */
final class NodePrograms {
  /** How the message of a test begins that was skipped because no node can run here. */
  static final String NONE = "no real node";

  static final Path BUSYBOX = Path.of("/bin/busybox");

  /** What is missing where images with a shell cannot be packed. */
  static final String NO_BUSYBOX = BUSYBOX + " without shared libraries";

  /** Where Debian's package has the plugins, and where their own installer puts them. */
  private static final List<Path> CNI = List.of(Path.of("/usr/lib/cni"), Path.of("/opt/cni/bin"));

  private static final List<String> COMMANDS =
      List.of("containerd", "ctr", "runc", "unshare", "nsenter", "ip", "iptables", "mount");

  private NodePrograms() {}

  /** Why no node can run here; empty if one can. */
  static String missing() {
    if (!Files.isDirectory(Path.of("/proc/self/ns"))) {
      return NONE + ": this is not Linux";
    }
    if (!"root".equals(System.getProperty("user.name"))) {
      return NONE + ": only root can run a kubelet with containerd";
    }
    List<String> missing = new ArrayList<>(COMMANDS);
    missing.removeIf(NodePrograms::onPath);
    if (!hasBusybox()) {
      missing.add(NO_BUSYBOX);
    }
    if (CNI.stream().noneMatch(folder -> Files.isExecutable(folder.resolve("bridge")))) {
      missing.add("the plugin bridge of containernetworking");
    }
    if (!missing.isEmpty()) {
      return NONE + ": there is no " + String.join(", ", missing);
    }
    return namespaces() ? "" : NONE + ": root may not make namespaces here";
  }

  private static boolean namespaces() {
    try {
      Tool.run(
          "unshare", "--mount", "--pid", "--net", "--fork", "mount", "-t", "tmpfs", "none", "/mnt");
      return true;
    } catch (IllegalStateException refused) {
      return false;
    }
  }

  /** Whether images can have a shell. */
  static boolean hasBusybox() {
    return Files.isExecutable(BUSYBOX) && isStatic(BUSYBOX);
  }

  static Path networkPlugins() {
    return CNI.stream().filter(Files::isDirectory).findFirst().orElseThrow();
  }

  private static boolean onPath(String program) {
    return Programs.path(System.getenv()).stream()
        .anyMatch(folder -> Files.isExecutable(folder.resolve(program)));
  }

  /** A program with shared libraries names the one that loads them. */
  private static boolean isStatic(Path program) {
    try {
      byte[] bytes = Files.readAllBytes(program);
      String begin =
          new String(bytes, 0, Math.min(bytes.length, 4_096), StandardCharsets.ISO_8859_1);
      return !begin.contains("/ld-");
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }
}
