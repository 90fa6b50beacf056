package gpu.kerf.extender.service;

import gpu.kerf.extender.Await;
import gpu.kerf.extender.client.HttpConnection;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.NodeSpec;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Measures the first filter requests after readiness, in a JVM of its own: the number of nodes, the
 * pods of the warm-up, the number of requests.
 */
public final class FirstRequests {

  private FirstRequests() {}

  public static void main(String[] args) throws IOException {
    int count = Integer.parseInt(args[0]);
    int requests = Integer.parseInt(args[2]);
    List<NodeSpec> nodes = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add("gpu-node-%05d.example.internal".formatted(i));
      nodes.add(RunningService.node(names.get(i), 8, "H100-80GB", GpuMode.PLAIN));
    }
    String warmUp = "readiness.warmUpPods=" + args[1];
    try (RunningService service = RunningService.on(nodes, warmUp, "readiness.warmUp=1m")) {
      Await.until("it is ready", () -> service.onLoop(service.service.readiness()::ready));
      long[] micros = measure(service, names, requests);
      Arrays.sort(micros);
      System.out.printf(
          "nodes %d warm-up %s: p50 %.2f ms, p99 %.2f ms, max %.2f ms; warm-up took %s s%n",
          count,
          args[1],
          micros[requests / 2] / 1e3,
          micros[(int) Math.ceil(requests * 0.99) - 1] / 1e3,
          micros[requests - 1] / 1e3,
          warmUpSeconds(service));
    }
  }

  private static String warmUpSeconds(RunningService service) {
    return service
        .get("/metrics")
        .lines()
        .filter(line -> line.startsWith("kerf_warm_up_duration_seconds "))
        .map(line -> line.substring(line.indexOf(' ') + 1))
        .findFirst()
        .orElse("?");
  }

  private static long[] measure(RunningService service, List<String> names, int requests)
      throws IOException {
    WarmUpPods bodies = new WarmUpPods(names);
    long[] micros = new long[requests];
    URI url = URI.create("http://127.0.0.1:" + service.port);
    try (HttpConnection connection = new HttpConnection(url, 60_000)) {
      for (int i = 0; i < requests; i++) {
        byte[] body = bodies.filter(i);
        long began = System.nanoTime();
        connection.post("/filter", body, body.length);
        micros[i] = (System.nanoTime() - began) / 1000;
      }
    }
    return micros;
  }
}
