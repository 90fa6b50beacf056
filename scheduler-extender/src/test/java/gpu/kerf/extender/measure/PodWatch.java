package gpu.kerf.extender.measure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.controlplane.ControlPlane;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** When one who watches the pods hears that they are there, bound, and gone or ended, by name. */
final class PodWatch implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, Long> created = new ConcurrentHashMap<>();
  private final Map<String, Long> bound = new ConcurrentHashMap<>();
  private final Map<String, Long> gone = new ConcurrentHashMap<>();
  private final HttpClient http = HttpClient.newBuilder().sslContext(TrustAll.context()).build();
  private final String pods;
  private String version = "0";
  private volatile InputStream events;
  private volatile boolean closed;

  PodWatch(ControlPlane plane) throws IOException, InterruptedException, GeneralSecurityException {
    this.pods = plane.apiServer() + "/api/v1/pods?watch=true&resourceVersion=";
    this.events = open();
    Thread reader = new Thread(this::read, "pod-watch");
    reader.setDaemon(true);
    reader.start();
  }

  private InputStream open() throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(pods + version))
            .header("Authorization", "Bearer token-of-admin")
            .build();
    return http.send(request, BodyHandlers.ofInputStream()).body();
  }

  /** Goes on where it stood when the API server ends a watch that is too slow for it. */
  private void read() {
    try {
      while (!closed) {
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(events, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          heard(JSON.readTree(line), System.nanoTime());
        }
        events = open();
      }
    } catch (IOException | InterruptedException ended) {
      if (!closed) {
        throw new IllegalStateException(ended);
      }
    }
  }

  private void heard(JsonNode event, long now) {
    String name = event.at("/object/metadata/name").asText();
    version = event.at("/object/metadata/resourceVersion").asText();
    if (event.path("type").asText().equals("DELETED")) {
      gone.putIfAbsent(name, now);
      return;
    }
    created.putIfAbsent(name, now);
    if (event.at("/object/status/phase").asText().equals("Succeeded")) {
      gone.putIfAbsent(name, now);
    }
    if (!event.at("/object/spec/nodeName").asText().isEmpty()) {
      bound.putIfAbsent(name, now);
    }
  }

  int created() {
    return created.size();
  }

  int bound() {
    return bound.size();
  }

  boolean isBound(String name) {
    return bound.containsKey(name);
  }

  /** Milliseconds from the news that a pod is there to the news that it is bound. */
  double latency(String name) {
    return millis(created, name, bound, name);
  }

  /** Milliseconds from one pod's going to another's being bound. */
  double afterGoing(String victim, String name) {
    return millis(gone, victim, bound, name);
  }

  private static double millis(
      Map<String, Long> from, String first, Map<String, Long> to, String second) {
    Long start = from.get(first);
    Long end = to.get(second);
    if (start == null || end == null) {
      throw new IllegalStateException("Nothing was heard of " + first + " or " + second + ".");
    }
    return (end - start) / 1e6;
  }

  /** Who is gone so far. */
  Set<String> gone() {
    return new HashSet<>(gone.keySet());
  }

  @Override
  public void close() throws IOException {
    closed = true;
    events.close();
  }
}
