package gpu.kerf.extender.controlplane;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** Where containerd 2 and the DRA driver are on this machine, if they were built. */
sealed interface DraPrograms {
  /** How the message of a test begins that was skipped because there is no such node. */
  String NONE = "no node with a DRA driver";

  /** The first version of which all that Kerf's delivery needs is on by default. */
  int FIRST_MINOR = 36;

  /** The folder that has them. */
  record Found(Path folder) implements DraPrograms {
    ContainerdPrograms containerd() {
      return ContainerdPrograms.withCdi(folder);
    }

    Path driver() {
      return folder.resolve("dra-driver");
    }

    @Override
    public Found orSkip() {
      return this;
    }
  }

  /** There are none. */
  record Missing(String why) implements DraPrograms {
    @Override
    public Found orSkip() {
      return Assumptions.abort(why);
    }
  }

  /** The folder, or the end of the test that wants it. */
  Found orSkip();

  /** Builds nothing: that takes minutes, which only a test of such a node is worth. */
  static DraPrograms find(Map<String, String> environment) {
    String version = Programs.version(environment);
    if (Programs.minor(environment) < FIRST_MINOR) {
      return new Missing(NONE + ": Kubernetes " + version + " is older than 1." + FIRST_MINOR);
    }
    if (Programs.path(environment).stream().noneMatch(DraPrograms::hasGo)) {
      return new Missing(NONE + ": go is not on the PATH");
    }
    Path folder = Programs.made(environment, "go/build", "--dra-node", "--no-build", version);
    if (folder.toString().isEmpty()) {
      return new Missing(
          NONE + ": scheduler-extender/src/test/go/build --dra-node " + version + " was not run");
    }
    return new Found(folder);
  }

  private static boolean hasGo(Path folder) {
    return Files.isExecutable(folder.resolve("go"));
  }
}
