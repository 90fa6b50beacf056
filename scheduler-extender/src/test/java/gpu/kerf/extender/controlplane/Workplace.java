package gpu.kerf.extender.controlplane;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The folder of one control plane, below the build's. Its logs stay for a day, its data goes when
 * it ends; what a killed JVM left, the next one removes.
 */
record Workplace(Path folder) {
  private static final Duration KEPT = Duration.ofDays(1);

  static Workplace create() throws IOException {
    Path all = Files.createDirectories(all());
    sweep(all);
    return new Workplace(Files.createTempDirectory(all, prefix()));
  }

  /** The folders that this JVM made, as a pattern for people. */
  static String ofThisRun() {
    return all().resolve(prefix() + "*").toString();
  }

  private static Path all() {
    return buildFolder().resolve("control-plane");
  }

  private static String prefix() {
    return ProcessHandle.current().pid() + "-";
  }

  Path data() {
    return folder.resolve("data");
  }

  Path log(String program) {
    return folder.resolve(program + ".log");
  }

  void removeData() throws IOException {
    remove(data());
  }

  private static Path buildFolder() {
    try {
      return Path.of(Workplace.class.getProtectionDomain().getCodeSource().getLocation().toURI())
          .resolveSibling("");
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static void sweep(Path all) throws IOException {
    for (Path folder : list(all)) {
      if (alive(folder)) {
        continue;
      }
      Instant changed = Files.getLastModifiedTime(folder).toInstant();
      boolean old = changed.plus(KEPT).isBefore(Instant.now());
      remove(old ? folder : new Workplace(folder).data());
    }
  }

  /** Whether the JVM that made a folder still runs. */
  private static boolean alive(Path folder) {
    long pid = Long.parseLong(folder.getFileName().toString().replaceFirst("-.*", ""));
    return ProcessHandle.of(pid).isPresent();
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  private static void remove(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (NoSuchFileException | java.io.UncheckedIOException gone) {
      // Another JVM sweeps as well.
    }
  }
}
