package gpu.kerf.extender.endtoend;

import gpu.kerf.extender.controlplane.ContainerImage;
import java.nio.file.Path;

/** What {@code manifests/mps} runs, with scripts in place of NVIDIA's programs. */
final class MpsImage {
  private static final Path PROGRAMS =
      Path.of(System.getProperty("basedir", "")).toAbsolutePath().resolve("src/test/resources/mps");

  private MpsImage() {}

  static ContainerImage make() {
    return ContainerImage.shell("mps", "exit 9")
        .file("bin/nvidia-smi", PROGRAMS.resolve("nvidia-smi"))
        .file("bin/nvidia-cuda-mps-control", PROGRAMS.resolve("nvidia-cuda-mps-control"));
  }
}
