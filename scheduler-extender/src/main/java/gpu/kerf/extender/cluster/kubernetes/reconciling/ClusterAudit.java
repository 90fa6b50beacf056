package gpu.kerf.extender.cluster.kubernetes.reconciling;

import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.audit.Audit;
import gpu.kerf.extender.audit.AuditReport;
import gpu.kerf.extender.audit.ClusterReader;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.calling.JvmThreads;
import gpu.kerf.extender.cluster.kubernetes.calling.ListPage;
import gpu.kerf.extender.cluster.kubernetes.calling.Resource;
import gpu.kerf.extender.cluster.kubernetes.calling.Threads;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Audits a cluster with list requests alone, page by page, on the calling thread.
 *
 * <p>All pages of one kind show one moment, but different kinds show different moments. So the
 * audit reads everything once more, and a finding counts if it is found again.
 */
public final class ClusterAudit {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PAGE_LIMIT = Duration.ofSeconds(60);
  private static final int PAGE = 500;
  private static final int NOT_FOUND = 404;
  private static final int FORBIDDEN = 403;

  private static final List<Listed> LISTS =
      List.of(
          new Listed("Pod", Resource.PODS),
          new Listed("Node", Resource.NODES),
          new Listed("ResourceSlice", Resource.SLICES),
          new Listed("ResourceClaim", Resource.CLAIMS));

  private final ApiServer server;
  private final Threads threads;
  private final Duration pause;

  private record Listed(String kind, Resource resource) {}

  /**
   * What an audit found.
   *
   * @param notes which kinds of objects could not be read, and why
   */
  public record Outcome(AuditReport report, List<String> notes) {}

  /**
   * @param pause before what was found is read once more
   */
  public ClusterAudit(ApiServer server, Duration pause) {
    this(server, new JvmThreads(), pause);
  }

  public ClusterAudit(ApiServer server, Threads threads, Duration pause) {
    this.server = server;
    this.threads = threads;
    this.pause = pause;
  }

  /** Reads everything and compares it. */
  public Outcome run() throws IOException, InterruptedException {
    Outcome first = read();
    if (first.report.findings().isEmpty()) {
      return first;
    }
    threads.sleep(pause);
    Outcome second = read();
    return new Outcome(first.report.confirmedBy(second.report), second.notes);
  }

  private Outcome read() throws IOException {
    ClusterReader reader = new ClusterReader();
    List<String> notes = new ArrayList<>();
    for (Listed each : LISTS) {
      String problem = list(each, reader);
      if (!problem.isEmpty()) {
        notes.add(problem);
      }
    }
    return new Outcome(Audit.of(reader.input()), notes);
  }

  /** Why there are none of an optional kind; empty if they were read. */
  private String list(Listed listed, ClusterReader reader) throws IOException {
    Resource resource = listed.resource;
    String path = resource.path();
    ApiReply reply = page(path, resource, "");
    for (String version : resource.olderVersions()) {
      if (reply.status() == NOT_FOUND) {
        path = resource.pathIn(version);
        reply = page(path, resource, "");
      }
    }
    if (resource.optional() && reply.status() == NOT_FOUND) {
      return ""; // a cluster without DRA
    }
    if (resource.optional() && reply.status() == FORBIDDEN) {
      return "The " + resource.word() + " were not read: " + reply.problem();
    }
    String next = read(listed, reply, reader);
    while (!next.isEmpty()) {
      next = read(listed, page(path, resource, next), reader);
    }
    return "";
  }

  private ApiReply page(String path, Resource resource, String next) throws IOException {
    Map<String, String> query = new LinkedHashMap<>(resource.selector());
    query.put("limit", "" + PAGE);
    if (!next.isEmpty()) {
      query.put("continue", next);
    }
    return server.send(ApiRequest.get(path, query), PAGE_LIMIT);
  }

  /** Reads the objects of a page; where the next one begins. */
  private static String read(Listed listed, ApiReply reply, ClusterReader reader)
      throws IOException {
    if (!reply.ok()) {
      throw new IOException(
          "The "
              + listed.resource.word()
              + " cannot be listed ("
              + reply.status()
              + "): "
              + reply.problem());
    }
    ListPage page = ListPage.read(reply.body(), JSON.getFactory());
    for (JsonSlice slice : page.items()) {
      reader.add(listed.kind, JSON.readTree(slice.bytes(), slice.offset(), slice.length()));
    }
    return page.next();
  }
}
