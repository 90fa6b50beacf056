package gpu.kerf.extender.cluster.kubernetes.reconciling;

import com.fasterxml.jackson.core.JsonFactory;
import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.calling.ListPage;
import gpu.kerf.extender.cluster.kubernetes.calling.RequestPool;
import gpu.kerf.extender.cluster.kubernetes.calling.Resource;
import gpu.kerf.extender.cluster.kubernetes.objects.PodSink;
import gpu.kerf.extender.wire.Annotations;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pods that Kerf has placed, whose containers have ended, and whose objects are still there.
 * Watches tell of them only if they end while they are watched, so these are read once, page by
 * page.
 */
public final class EndedPods {
  private static final Logger LOG = LoggerFactory.getLogger(EndedPods.class);
  private static final JsonFactory JSON = new JsonFactory();
  private static final Duration PAGE_LIMIT = Duration.ofSeconds(60);
  private static final int PAGE = 500;

  private final RequestPool requests;
  private final Executor loop;
  private final ClusterListener listener;

  /**
   * @param loop runs things on the thread that owns the ledger
   */
  public EndedPods(RequestPool requests, Executor loop, ClusterListener listener) {
    this.requests = requests;
    this.loop = loop;
    this.listener = listener;
  }

  /** Tells the listener of them; completes when all are told, and fails where they are not. */
  public CompletionStage<Void> tell() {
    return requests
        .start(
            server -> {
              read(server, "Succeeded");
              read(server, "Failed");
              return true;
            })
        .thenCompose(read -> CompletableFuture.runAsync(() -> {}, loop));
  }

  private void read(ApiServer server, String phase) throws IOException {
    String next = "";
    do {
      Map<String, String> query = new LinkedHashMap<>();
      query.put("fieldSelector", "status.phase=" + phase + ",spec.nodeName!=");
      query.put("limit", "" + PAGE);
      if (!next.isEmpty()) {
        query.put("continue", next);
      }
      ApiReply reply = server.send(ApiRequest.get(Resource.PODS.path(), query), PAGE_LIMIT);
      if (!reply.ok()) {
        throw new IOException(reply.status() + ": " + reply.problem());
      }
      ListPage page = ListPage.read(reply.body(), JSON);
      List<PodView> placed = placed(page);
      loop.execute(() -> placed.forEach(listener::podOver));
      next = page.next();
    } while (!next.isEmpty());
  }

  private static List<PodView> placed(ListPage page) {
    List<PodView> placed = new ArrayList<>();
    for (JsonSlice slice : page.items()) {
      try {
        PodView pod = PodSink.parse(slice);
        boolean over = pod.phase() == PodView.Phase.OVER && pod.isBound();
        if (over && !pod.annotation(Annotations.PLACEMENT).isEmpty()) {
          placed.add(pod);
        }
      } catch (WireException e) {
        LOG.debug("A pod that has ended cannot be read: {}", e.getMessage());
      }
    }
    return placed;
  }
}
