package gpu.kerf.extender.controlplane;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.k3s.K3sContainer;
import org.testcontainers.utility.DockerImageName;

/** K3s as Testcontainers starts it. */
public final class K3s {
  private static final Duration PULLING = Duration.ofMinutes(5);
  private static final Duration STARTING = Duration.ofMinutes(3);

  private K3s() {}

  /** One that is not started yet; skips the test where there is no Docker, or no image. */
  public static K3sContainer orSkip() {
    K3sImage found = find();
    if (found instanceof K3sImage.Missing missing) {
      System.err.println("The test on K3s is skipped: " + missing.why());
    }
    String image = found.orSkip().name();
    return new K3sContainer(
            DockerImageName.parse(image).asCompatibleSubstituteFor(K3sImage.PUBLISHED))
        .withStartupTimeout(STARTING);
  }

  private static K3sImage find() {
    if (!NodePrograms.hasBusybox()) {
      return new K3sImage.Missing(K3sImage.NONE + ": there is no " + NodePrograms.NO_BUSYBOX);
    }
    boolean available = DockerClientFactory.instance().isDockerAvailable();
    if (available) {
      return K3sImage.find(System.getenv(), new Docker(DockerClientFactory.lazyClient()));
    }
    if (System.getenv().containsKey(K3sImage.VARIABLE)) {
      throw new IllegalStateException(
          """
          %s is %s, and no Docker engine answers.
          Maybe set DOCKER_HOST, or unset %1$s.\
          """
              .formatted(K3sImage.VARIABLE, System.getenv(K3sImage.VARIABLE)));
    }
    return new K3sImage.Missing(K3sImage.NONE + ": no Docker engine answers");
  }

  private record Docker(DockerClient client) implements K3sImage.Engine {
    @Override
    public boolean has(String image) {
      try {
        client.inspectImageCmd(image).exec();
        return true;
      } catch (NotFoundException absent) {
        return false;
      }
    }

    /** Asked once: Testcontainers itself would ask for minutes. */
    @Override
    public String pull(String image) {
      try {
        boolean done =
            client
                .pullImageCmd(image)
                .start()
                .awaitCompletion(PULLING.toSeconds(), TimeUnit.SECONDS);
        return done ? "" : "not within " + PULLING;
      } catch (DockerException refused) {
        return String.valueOf(refused.getMessage());
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(stopped);
      }
    }
  }
}
