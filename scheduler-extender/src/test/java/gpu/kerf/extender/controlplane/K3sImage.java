package gpu.kerf.extender.controlplane;

import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** Which image Testcontainers starts as K3s, if there is one. */
sealed interface K3sImage {
  /** How the message of a test begins that was skipped because there is no K3s. */
  String NONE = "no K3s";

  /** Names an image to take instead of the published one. */
  String VARIABLE = "KERF_K3S_IMAGE";

  String PUBLISHED = "rancher/k3s";

  /** What a Docker engine has, and what it can get. */
  interface Engine {
    boolean has(String image);

    /** Gets an image; the result is empty, or says why that failed. */
    String pull(String image);
  }

  /** An engine has it. */
  record Found(String name) implements K3sImage {
    @Override
    public Found orSkip() {
      return this;
    }
  }

  /** No engine has it or can get it. */
  record Missing(String why) implements K3sImage {
    @Override
    public Found orSkip() {
      return Assumptions.abort(why);
    }
  }

  /** The image, or the end of the test that wants it. */
  Found orSkip();

  /**
   * The image that the environment names, or else the published one of the Kubernetes version that
   * all tests run on. A named one that cannot be had is a mistake.
   */
  static K3sImage find(Map<String, String> environment, Engine engine) {
    String named = environment.getOrDefault(VARIABLE, "");
    String name = named.isEmpty() ? published(environment) : named;
    if (engine.has(name)) {
      return new Found(name);
    }
    String failure = engine.pull(name);
    if (failure.isEmpty()) {
      return new Found(name);
    }
    if (named.isEmpty()) {
      return new Missing("%s: Docker cannot pull %s: %s".formatted(NONE, name, oneLine(failure)));
    }
    throw new IllegalStateException(
        """
        %s is %s, which Docker does not have and cannot pull: %s
        Maybe unset it, and have %s pulled.\
        """
            .formatted(VARIABLE, named, oneLine(failure), published(environment)));
  }

  /** K3s names a release after that of Kubernetes; an image's tag cannot have the plus in it. */
  static String published(Map<String, String> environment) {
    return "%s:v%s-k3s1".formatted(PUBLISHED, Programs.version(environment));
  }

  private static String oneLine(String message) {
    return message.strip().replaceAll("\\s+", " ");
  }
}
