package gpu.kerf.extender.admission;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Compares paths of files as text, as the kernel would resolve them, except that links are not
 * followed.
 */
final class Paths {

  private Paths() {}

  /**
   * The path without parts that mean nothing; {@code /var/run} becomes {@code /run}, its target on
   * every usual node.
   */
  static String plain(String path) {
    Deque<String> parts = new ArrayDeque<>();
    for (String part : path.split("/", -1)) {
      if (part.equals("..")) {
        parts.pollLast();
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.addLast(part);
      }
    }
    String joined = "/" + String.join("/", parts);
    return isWithin(joined, "/var/run") ? joined.substring("/var".length()) : joined;
  }

  static boolean same(String one, String other) {
    return plain(one).equals(plain(other));
  }

  /** Whether a plain path is a folder's or of something in it. */
  static boolean isWithin(String path, String folder) {
    return path.equals(folder) || folder.equals("/") || path.startsWith(folder + "/");
  }
}
