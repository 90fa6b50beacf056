package gpu.kerf.extender.command;

import gpu.kerf.extender.cluster.kubernetes.calling.AccessException;
import gpu.kerf.extender.service.ClusterService;
import gpu.kerf.extender.service.Vertxes;
import gpu.kerf.extender.settings.LiveSettings;
import gpu.kerf.extender.settings.Settings;
import gpu.kerf.extender.settings.SettingsException;
import gpu.kerf.extender.settings.SettingsSource;
import gpu.kerf.extender.telemetry.Logging;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kerf serve}: answers kube-scheduler for a cluster. */
@Command(
    name = "serve",
    description = {
      "Runs the service on a cluster, where kube-scheduler calls it.",
      "",
      "Kerf runs beside a stock kube-scheduler; kerf scheduler-config prints the configuration of"
          + " that kube-scheduler. Kerf hands out the GPUs of the nodes with the label"
          + " kerf.gpu/managed=true. It needs no settings: in a pod it uses the pod's credentials,"
          + " elsewhere those of kubectl.",
      ""
    },
    mixinStandardHelpOptions = true)
public final class ServeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private SettingsOptions options = new SettingsOptions();

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "The kubeconfig of the cluster. Default: the pod's credentials, or kubectl's.")
  private @Nullable Path kubeconfig;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      description =
          "Where the service listens; port 0 takes any free one. Default: 127.0.0.1:8880.")
  private @Nullable String listen;

  @Override
  public Integer call() {
    PrintWriter err = spec.commandLine().getErr();
    Vertx vertx = Vertxes.small();
    try {
      SettingsSource source = options.source(vertx, assignments());
      Settings initial = Vertxes.await(source.read());
      new Logging().apply(initial.log());
      LiveSettings settings = new LiveSettings(source, initial, InstantSource.system());
      return serve(vertx, settings);
    } catch (SettingsException wrong) {
      wrong.problems().forEach(problem -> err.println("kerf: " + problem));
      return 1;
    } catch (AccessException | IOException e) {
      err.println("kerf: " + e.getMessage());
      return 1;
    } finally {
      err.flush();
      Vertxes.close(vertx);
    }
  }

  private List<String> assignments() {
    List<String> all = new ArrayList<>();
    if (kubeconfig != null) {
      all.add("cluster.kubeconfig=" + kubeconfig);
    }
    if (listen != null) {
      all.addAll(SettingsOptions.listen(spec.commandLine(), listen));
    }
    return all;
  }

  private static int serve(Vertx vertx, LiveSettings settings) throws AccessException, IOException {
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    Thread hook =
        new Thread(
            () -> {
              stop.countDown();
              await(done);
            },
            "kerf-stop");
    ClusterService service = ClusterService.start(vertx, settings);
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      await(stop);
      service.stop();
    } finally {
      done.countDown();
    }
    return 0;
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
