package gpu.kerf.bench.load;

import gpu.kerf.extender.client.HttpConnection;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One connection that sends pods one after the other, as the scheduling loop of kube-scheduler
 * does.
 */
final class Caller implements Runnable {

  /** What is called. */
  enum Verb {
    FILTER,
    PRIORITIZE,
    BIND
  }

  private static final byte[] BEGIN = ByteBuilder.of("{\"Pod\":");

  private final RequestSet load;
  private final HttpConnection connection;
  private final AtomicInteger next;
  private final ByteBuilder request = new ByteBuilder();
  private final AnswerReader answer = new AnswerReader();
  private final Map<Verb, VerbTimes> times = new EnumMap<>(Verb.class);
  private final Map<String, Integer> errors = new TreeMap<>();
  private int placed;
  private int unplaced;

  /**
   * @param next the number of the next pod, shared by all callers
   */
  Caller(RequestSet load, HttpConnection connection, AtomicInteger next) {
    this.load = load;
    this.connection = connection;
    this.next = next;
    for (Verb verb : Verb.values()) {
      times.put(verb, new VerbTimes());
    }
  }

  @Override
  public void run() {
    for (int pod = next.getAndIncrement(); pod < load.pods(); pod = next.getAndIncrement()) {
      try {
        bring(pod);
      } catch (SocketTimeoutException e) {
        count("no answer in time");
      } catch (IOException e) {
        count(e.getClass().getSimpleName() + ": " + e.getMessage());
      }
    }
  }

  private void bring(int pod) throws IOException {
    byte[] name = ByteBuilder.of("load-" + load.seed() + "-" + pod);
    byte[] uid = ByteBuilder.of(new UUID(load.seed(), pod).toString());
    String node = load.names().get(pod % load.names().size());
    if (load.verbs().contains(Verb.FILTER)) {
      body(pod, name, uid).add(load.nodes().all());
      if (!call(Verb.FILTER)) {
        return;
      }
      answer.filter(connection.body(), connection.length());
      if (isError() || hasNoNode()) {
        return;
      }
      node = answer.names().get(0);
    }
    if (load.verbs().contains(Verb.PRIORITIZE)) {
      node = prioritize(pod, name, uid, node);
    }
    if (load.verbs().contains(Verb.BIND) && !node.isEmpty()) {
      bind(name, uid, node);
    } else if (!node.isEmpty()) {
      placed++;
    }
  }

  private ByteBuilder body(int pod, byte[] name, byte[] uid) {
    request.clear().add(BEGIN);
    load.body().write(request, pod, name, uid);
    return request;
  }

  /**
   * kube-scheduler sends no prioritize for one node; this driver does only if filter is not called.
   */
  private String prioritize(int pod, byte[] name, byte[] uid, String only) throws IOException {
    body(pod, name, uid);
    if (!load.verbs().contains(Verb.FILTER)) {
      request.add(load.nodes().all());
    } else if (answer.names().size() == 1) {
      return only;
    } else {
      load.nodes().write(request, answer.names());
    }
    if (!call(Verb.PRIORITIZE)) {
      return "";
    }
    answer.prioritize(connection.body(), connection.length());
    return answer.best();
  }

  private void bind(byte[] name, byte[] uid, String node) throws IOException {
    request.clear().add(ByteBuilder.of("{\"PodName\":\"")).add(name);
    request.add(ByteBuilder.of("\",\"PodNamespace\":\"load\",\"PodUID\":\"")).add(uid);
    request.add(ByteBuilder.of("\",\"Node\":\"" + node + "\"}"));
    if (call(Verb.BIND)) {
      answer.bind(connection.body(), connection.length());
      placed += isError() ? 0 : 1;
    }
  }

  private boolean call(Verb verb) throws IOException {
    long begun = System.nanoTime();
    int status = connection.post(load.path(verb), request.array(), request.length());
    if (status != 200) {
      count("status " + status + " of " + verb.name().toLowerCase(Locale.ROOT));
      return false;
    }
    times(verb).add(System.nanoTime() - begun);
    return true;
  }

  private boolean isError() {
    if (!answer.error().isEmpty()) {
      // Texts may name the pod: what comes first is enough to tell kinds apart.
      String text = answer.error();
      count("Error: " + (text.length() > 60 ? text.substring(0, 60) + "…" : text));
    }
    return !answer.error().isEmpty();
  }

  private boolean hasNoNode() {
    boolean nowhere = answer.names().isEmpty();
    unplaced += nowhere ? 1 : 0;
    for (String name : answer.names()) {
      if (!load.nodes().has(name)) {
        count("filter names a node that it was not asked about");
        return true;
      }
    }
    return nowhere;
  }

  private void count(String error) {
    errors.merge(error, 1, Integer::sum);
  }

  VerbTimes times(Verb verb) {
    return Objects.requireNonNull(times.get(verb));
  }

  Map<String, Integer> errors() {
    return errors;
  }

  int placed() {
    return placed;
  }

  int unplaced() {
    return unplaced;
  }

  static int placed(List<Caller> callers) {
    return callers.stream().mapToInt(Caller::placed).sum();
  }
}
