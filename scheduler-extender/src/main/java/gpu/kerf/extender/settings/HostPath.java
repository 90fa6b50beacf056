package gpu.kerf.extender.settings;

import java.util.ArrayList;
import java.util.List;

/**
 * A folder of the nodes that an administrator opens to GPU pods.
 *
 * <p>One that is read only is open with everything below it. A writable one is open under its own
 * path alone: a pod that may write there can make a link to any other place, and the kubelet
 * follows links in a host path. To mount a part of it, use {@code subPath}: there the kubelet
 * follows no link out of the folder.
 */
public record HostPath(String path, boolean writable) {

  private static final String WRITABLE = ":rw";
  private static final String READ_ONLY = ":ro";

  /** A link to {@code /run} on every usual node. */
  private static final String LINKED = "/var/run";

  /** Reads {@code /data/models}, which is read only, or {@code /scratch:rw}. */
  public static HostPath parse(String text) {
    boolean writable = text.endsWith(WRITABLE);
    boolean marked = writable || text.endsWith(READ_ONLY);
    String path = marked ? text.substring(0, text.length() - WRITABLE.length()) : text;
    if (!isPlain(path)) {
      throw new IllegalArgumentException(text);
    }
    boolean longer = path.startsWith(LINKED + "/");
    return new HostPath(longer ? path.substring("/var".length()) : path, writable);
  }

  public static List<HostPath> parse(Names names) {
    return names.values().stream().map(HostPath::parse).toList();
  }

  /** Whether a path begins at the root, is not the root itself, and has no part without meaning. */
  private static boolean isPlain(String path) {
    if (!path.startsWith("/") || path.length() < 2) {
      return false;
    }
    for (String part : path.substring(1).split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        return false;
      }
    }
    return true;
  }

  /** Whether another path is below this one. */
  public boolean holds(String other) {
    return other.startsWith(path + "/");
  }

  /** The paths that lie in a writable one, where a link may take their place. */
  static List<HostPath> replaceable(List<HostPath> all) {
    List<HostPath> found = new ArrayList<>(0);
    for (HostPath each : all) {
      if (all.stream().anyMatch(other -> other.writable && other.holds(each.path))) {
        found.add(each);
      }
    }
    return found;
  }

  @Override
  public String toString() {
    return writable ? path + WRITABLE : path;
  }
}
