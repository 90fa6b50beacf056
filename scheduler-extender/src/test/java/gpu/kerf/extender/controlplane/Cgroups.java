package gpu.kerf.extender.controlplane;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Empty control groups are all that a killed node leaves; this removes them. */
final class Cgroups {
  /** Before the number of the process that they lived with. */
  static final String PREFIX = "kerf-test-";

  private static final Path ALL = Path.of("/sys/fs/cgroup");

  private Cgroups() {}

  static void remove(String cgroup) {
    for (Path root : roots()) {
      removeBelow(root.resolve(cgroup.substring(1)));
    }
  }

  /** Those of test runs that were killed themselves. */
  static void sweep() {
    for (Path root : roots()) {
      for (Path group : list(root)) {
        String name = group.getFileName().toString();
        if (name.startsWith(PREFIX) && !alive(name.substring(PREFIX.length()))) {
          removeBelow(group);
        }
      }
    }
  }

  private static boolean alive(String pid) {
    return ProcessHandle.of(Long.parseLong(pid)).isPresent();
  }

  /** One root for all controllers, or one for each. */
  private static List<Path> roots() {
    return Stream.concat(Stream.of(ALL), list(ALL).stream()).filter(Files::isDirectory).toList();
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    } catch (IOException none) {
      return List.of();
    }
  }

  private static void removeBelow(Path group) {
    if (!Files.isDirectory(group)) {
      return;
    }
    try (Stream<Path> files = Files.walk(group)) {
      for (Path file :
          files.filter(Files::isDirectory).sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException stillInUse) {
      // An empty folder in memory; the next run tries again.
    }
  }
}
