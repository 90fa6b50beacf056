package gpu.kerf.extender.controlplane;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The programs of one version of containerd.
 *
 * @param path where they are searched for, as {@code PATH} lists folders
 * @param settings what the configuration of this version has besides the usual
 */
record ContainerdPrograms(String path, String settings) {
  /** Where a node keeps the CDI specs of its DRA driver. */
  static final Path CDI = Machine.FOLDER.resolve("cdi");

  private static final String PATH = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");

  /** Those of the machine. */
  static ContainerdPrograms onPath() {
    return new ContainerdPrograms(PATH, "");
  }

  /** Those of containerd 2, which gives devices to containers by CDI. */
  static ContainerdPrograms withCdi(Path folder) {
    return new ContainerdPrograms(
        folder + ":" + PATH,
        """
        enable_cdi = true
        cdi_spec_dirs = ["%s"]
        """
            .formatted(CDI)
            .strip());
  }

  /** A call of one of them, which finds the others in the same place. */
  List<String> command(String program, String... arguments) {
    List<String> command = new ArrayList<>(List.of("env", "PATH=" + path, program));
    command.addAll(List.of(arguments));
    return command;
  }
}
