package gpu.kerf.extender.cluster.kubernetes;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.cluster.kubernetes.calling.Access;
import gpu.kerf.extender.cluster.kubernetes.calling.AccessException;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.JvmThreads;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A {@link FakeApiServer} for each test, and connections to it, which end with the test. */
public final class FakeApiServerExtension implements AfterEachCallback {
  private final FakeApiServer api;
  private final Path folder;
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  public FakeApiServerExtension() {
    try {
      api = new FakeApiServer();
      folder = Files.createTempDirectory("fake-api-server");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    opened.push(api);
  }

  public FakeApiServer api() {
    return api;
  }

  Path kubeconfig() {
    return api.kubeconfig(folder);
  }

  /** A connection with more patience than a test needs. */
  public ApiServer connect() {
    return connect(Await.LONG, Duration.ofSeconds(5));
  }

  /**
   * A connection.
   *
   * @param silence how long a watch may be silent
   */
  public ApiServer connect(Duration call, Duration silence) {
    try {
      ApiServer server =
          new Access(Map.of(), folder)
              .connect(kubeconfig().toString(), new Access.Patience(call, silence));
      opened.push(server);
      return server;
    } catch (AccessException e) {
      throw new AssertionError("The small API server is not reached.", e);
    }
  }

  /** Calls in the background, over a connection. */
  public RequestPool background(ApiServer server) {
    RequestPool requests = new RequestPool(server, new JvmThreads(), 1, "test");
    opened.push(requests);
    return requests;
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    for (AutoCloseable last = opened.poll(); last != null; last = opened.poll()) {
      last.close();
    }
    Files.deleteIfExists(folder.resolve("kubeconfig"));
    Files.delete(folder);
  }
}
