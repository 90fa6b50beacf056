import io.vertx.core.Vertx;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs {@code kerf serve} once as a cluster would, so that the JVM can record which classes it
 * loads and which methods are worth compiling. The API server and kube-scheduler are played.
 *
 * <pre>
 *   java -cp LIBRARIES Training.java FOLDER PODS COMMAND…
 * </pre>
 *
 * {@code FOLDER} is for files of this run. {@code COMMAND…} starts Kerf; its arguments are added.
 */
final class Training {
  private static final int NODES = 1000;
  private static final int BOUND_BEFORE = 2000;
  private static final long LONGEST_STOP_SECONDS = 600;

  private Training() {}

  /** Where Kerf listens. */
  record Ports(int verbs, int observe, int webhook) {
    static Ports free() throws IOException {
      return new Ports(port(), port(), port());
    }

    private static int port() throws IOException {
      try (ServerSocket socket = new ServerSocket(0)) {
        return socket.getLocalPort();
      }
    }
  }

  public static void main(String[] args) throws Exception {
    Path folder = Files.createDirectories(Path.of(args[0]).toAbsolutePath());
    int pods = Integer.parseInt(args[1]);
    List<String> command = List.of(args).subList(2, args.length);
    Vertx vertx = Vertx.vertx();
    try {
      train(folder, pods, command, vertx);
    } finally {
      vertx.close();
    }
  }

  private static void train(Path folder, int pods, List<String> command, Vertx vertx)
      throws Exception {
    ServerCertificate certificate = ServerCertificate.make(folder);
    Ports ports = Ports.free();
    PlayedApiServer server = new PlayedApiServer(vertx);
    server.listen(certificate);
    server.addNodes(NODES);
    server.addBoundPods(BOUND_BEFORE, NODES);
    Process kerf = start(folder, ports, command, server.kubeconfig(folder));
    try {
      PlayedScheduler scheduler = new PlayedScheduler(server, ports, certificate);
      scheduler.awaitReady(kerf);
      double ready = cpuSeconds(kerf);
      scheduler.schedule(pods, NODES);
      System.out.printf(
          "%.1f s of CPU until it was ready, %.1f s at the last pod%n", ready, cpuSeconds(kerf));
    } finally {
      stop(kerf);
    }
    System.out.printf("%,d pods, %,d bound%n", pods, server.bindings());
    if (server.bindings() < pods / 2) {
      throw new IllegalStateException("Kerf bound too few pods; see " + folder + "/kerf.log");
    }
  }

  private static Process start(Path folder, Ports ports, List<String> command, Path kubeconfig)
      throws IOException {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of("serve", "--kubeconfig=" + kubeconfig));
    all.add("--listen=127.0.0.1:" + ports.verbs);
    for (String setting :
        List.of(
            "log.format=json",
            "observe.host=127.0.0.1",
            "observe.port=" + ports.observe,
            "observe.access=open",
            "admission.enabled=true",
            "admission.host=127.0.0.1",
            "admission.port=" + ports.webhook,
            "admission.certificate=" + folder.resolve("tls.crt"),
            "admission.key=" + folder.resolve("tls.key"))) {
      all.addAll(List.of("--set", setting));
    }
    File log = folder.resolve("kerf.log").toFile();
    return new ProcessBuilder(all).redirectErrorStream(true).redirectOutput(log).start();
  }

  private static double cpuSeconds(Process kerf) {
    return kerf.toHandle().info().totalCpuDuration().orElseThrow().toMillis() / 1e3;
  }

  /** The JVM writes what it recorded when it ends, so it must end by itself. */
  private static void stop(Process kerf) throws InterruptedException {
    kerf.destroy();
    if (!kerf.waitFor(LONGEST_STOP_SECONDS, TimeUnit.SECONDS)) {
      kerf.destroyForcibly();
      throw new IllegalStateException("kerf serve did not end.");
    }
  }
}
