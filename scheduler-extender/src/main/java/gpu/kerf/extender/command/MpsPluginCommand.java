package gpu.kerf.extender.command;

import gpu.kerf.extender.deviceplugin.MpsPlugin;
import gpu.kerf.extender.service.Vertxes;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kerf mps-plugin}: lets a node's kubelet hand its MPS daemon to containers. */
@Command(
    name = "mps-plugin",
    description = {
      "Runs on a node as a device plugin that gives containers the MPS daemon's folders.",
      "",
      "The plugin serves the resource kerf.gpu/mps. If admission.mpsMounts is \"plugin\", Kerf's"
          + " webhook adds that resource to containers. The plugin runs on every managed node, and"
          + " the namespaces of GPU pods need no host paths.",
      ""
    },
    mixinStandardHelpOptions = true)
public final class MpsPluginCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(MpsPluginCommand.class);
  private static final long LOOK_MILLIS = 1_000;

  @Option(
      names = "--clients",
      paramLabel = "N",
      description =
          "How many containers of the node may use the daemon at one time. Default: 1024.")
  private int clients = 1024;

  @Override
  public Integer call() throws InterruptedException {
    CountDownLatch stop = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(stop::countDown, "kerf-stop"));
    Vertx vertx = Vertxes.small();
    try {
      MpsPlugin plugin = new MpsPlugin(vertx, MpsPlugin.Places.USUAL, clients);
      do {
        look(plugin);
      } while (!stop.await(LOOK_MILLIS, TimeUnit.MILLISECONDS));
      return 0;
    } finally {
      Vertxes.close(vertx);
    }
  }

  private static void look(MpsPlugin plugin) {
    try {
      Vertxes.await(plugin.look());
    } catch (IOException | RuntimeException failed) {
      LOG.warn("The kubelet cannot be told of MPS; it is tried again.", failed);
    }
  }
}
