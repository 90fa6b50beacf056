package gpu.kerf.extender.cluster.kubernetes.reconciling;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiReply;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiRequest;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.calling.ListPage;
import gpu.kerf.extender.cluster.kubernetes.calling.RateLimiter;
import gpu.kerf.extender.cluster.kubernetes.calling.Threads;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import gpu.kerf.extender.time.Clocks;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets controllers try again that could not create their pods while the webhook did not answer.
 *
 * <p>The controllers of Kubernetes double their pause after each failure, up to 1,000 seconds, and
 * nothing tells them that Kerf is back. But a change of their object makes each of them look at it
 * at once, also during a pause. So Kerf writes an annotation there.
 *
 * <p>That Kerf is ready does not mean that the API server reaches it already, and a retry in vain
 * doubles the pause once more. So one object of each namespace is the first. Only if the next look
 * finds no new failure of it, the others of the namespace follow. Namespaces are apart, because
 * users can write events of their own.
 */
public final class ControllerRetries implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(ControllerRetries.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonFactory TOKENS = JSON.getFactory();
  private static final String EVENTS = "/api/v1/events";
  private static final Map<String, String> FAILURES =
      Map.of("fieldSelector", "reason=FailedCreate", "limit", "500");

  private static final Duration TICK = Duration.ofSeconds(1);
  private static final Duration LIST_LIMIT = Duration.ofSeconds(30);
  private static final int LONGEST_WHILE_FAILING = 30;
  private static final int LONGEST = 300;

  /** No controller pauses for longer than 1,000 s: after an older failure it has tried again. */
  private static final Duration OLD = Duration.ofMinutes(20);

  private static final int MOST = 5_000;
  private static final int PER_SECOND = 50;
  private static final int FORBIDDEN = 403;
  private static final Set<Integer> OTHER_OBJECT = Set.of(404, 409, 422);

  private final ApiServer server;
  private final Threads threads;
  private final Clocks clocks;
  private final Metrics metrics;
  private final RateLimiter rate;
  private final Map<String, String> tried = new HashMap<>();
  private final Map<String, String> firsts = new HashMap<>();
  private volatile boolean ready;
  private boolean failing;
  private boolean forbidden;
  private int pause = 1;
  private int seconds;

  public ControllerRetries(ApiServer server, Threads threads, Clocks clocks, Metrics metrics) {
    this.server = server;
    this.threads = threads;
    this.clocks = clocks;
    this.metrics = metrics;
    this.rate = new RateLimiter(threads, clocks.nanos(), PER_SECOND, PER_SECOND);
    List.of("asked", "gone", "failed")
        .forEach(outcome -> metrics.zero(Metric.CONTROLLER_RETRIES, outcome));
  }

  /** Whether the webhook answers, as far as Kerf knows. */
  public void ready(boolean now) {
    ready = now;
  }

  @Override
  public void run() {
    try {
      while (true) {
        threads.sleep(TICK);
        second();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Looks if it is time: often after Kerf's return and while there are failures, then seldom. */
  void second() throws InterruptedException {
    if (!ready) {
      pause = 1;
      seconds = 0;
      failing = false;
    } else if (--seconds <= 0) {
      boolean failed = look();
      if (failed) {
        pause = failing ? Math.min(2 * pause, LONGEST_WHILE_FAILING) : 1;
      } else {
        pause = forbidden ? LONGEST : Math.min(2 * pause, LONGEST);
      }
      failing = failed;
      seconds = pause;
    }
  }

  /** Whether there was a failure after which Kerf had not let the controller try again yet. */
  private boolean look() throws InterruptedException {
    try {
      Map<String, FailedCreation> failures = failures();
      tried.keySet().retainAll(failures.keySet());
      Map<String, List<FailedCreation>> fresh =
          failures.values().stream()
              .filter(failure -> !failure.version().equals(tried.get(failure.uid())))
              .collect(
                  Collectors.groupingBy(
                      FailedCreation::namespace, TreeMap::new, Collectors.toList()));
      Set<String> reached = reached(failures);
      for (Map.Entry<String, List<FailedCreation>> namespace : fresh.entrySet()) {
        retry(namespace.getKey(), namespace.getValue(), reached.contains(namespace.getKey()));
      }
      return !fresh.isEmpty();
    } catch (IOException | RuntimeException e) {
      LOG.atInfo()
          .addKeyValue(LogKeys.PROBLEM, String.valueOf(e.getMessage()))
          .log("Failures of controllers could not be read; it is tried again.");
      return !forbidden;
    }
  }

  /** The namespaces whose first object has not failed again. */
  private Set<String> reached(Map<String, FailedCreation> failures) {
    Set<String> reached =
        firsts.entrySet().stream()
            .filter(first -> !hasFailedAgain(failures, first.getValue()))
            .map(Map.Entry::getKey)
            .collect(Collectors.toSet());
    firsts.clear();
    return reached;
  }

  private boolean hasFailedAgain(Map<String, FailedCreation> failures, String uid) {
    FailedCreation last = failures.get(uid);
    return last != null && !last.version().equals(tried.get(uid));
  }

  private void retry(String namespace, List<FailedCreation> failures, boolean reached)
      throws InterruptedException {
    List<FailedCreation> asked = new ArrayList<>();
    for (FailedCreation failure : inOrder(failures)) {
      String outcome = retry(failure);
      if (outcome.equals("asked")) {
        asked.add(failure);
      }
      // What is gone cannot fail again, and so tells nothing of the others.
      if (!reached && !outcome.equals("gone")) {
        firsts.put(namespace, failure.uid());
        break;
      }
    }
    if (!asked.isEmpty()) {
      LOG.atInfo()
          .addKeyValue(LogKeys.CAUSE, asked.get(0).object())
          .addKeyValue(LogKeys.COUNT, asked.size())
          .log("Controllers that could not create pods without the webhook try again.");
    }
  }

  /**
   * The first is another one than before, so that one that fails for ever keeps no other waiting.
   * The Job controller looks a second later than the others, and would seem to have succeeded.
   */
  private List<FailedCreation> inOrder(List<FailedCreation> failures) {
    Comparator<FailedCreation> order =
        Comparator.comparing((FailedCreation failure) -> tried.containsKey(failure.uid()))
            .thenComparing(failure -> failure.kind() == FailedCreation.Kind.JOB);
    return failures.stream().sorted(order).toList();
  }

  private String retry(FailedCreation failure) throws InterruptedException {
    rate.await();
    String outcome = send(failure);
    metrics.count(Metric.CONTROLLER_RETRIES, outcome);
    if (!outcome.equals("failed")) {
      tried.put(failure.uid(), failure.version());
    }
    return outcome;
  }

  private String send(FailedCreation failure) {
    try {
      ApiReply reply = server.send(failure.retry());
      if (reply.ok()) {
        return "asked";
      }
      if (OTHER_OBJECT.contains(reply.status())) {
        return "gone";
      }
      throw new IOException(reply.problem());
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue(LogKeys.CAUSE, failure.object())
          .addKeyValue(LogKeys.PROBLEM, String.valueOf(e.getMessage()))
          .log("A controller could not be told to try again.");
      return "failed";
    } catch (IllegalArgumentException impossibleName) {
      return "gone";
    }
  }

  /** The last failure of each object, by its uid. */
  private Map<String, FailedCreation> failures() throws IOException {
    Instant oldest = clocks.wall().instant().minus(OLD);
    Map<String, FailedCreation> found = new LinkedHashMap<>();
    Map<String, String> query = new HashMap<>(FAILURES);
    String next;
    do {
      ListPage page = page(query);
      for (JsonSlice item : page.items()) {
        FailedCreation.of(JSON.readTree(item.bytes(), item.offset(), item.length()))
            .filter(failure -> failure.when().isAfter(oldest))
            .ifPresent(failure -> found.merge(failure.uid(), failure, FailedCreation::orLater));
      }
      next = page.next();
      query.put("continue", next);
    } while (!next.isEmpty() && found.size() < MOST);
    return found;
  }

  private ListPage page(Map<String, String> query) throws IOException {
    ApiReply reply = server.send(ApiRequest.get(EVENTS, query), LIST_LIMIT);
    forbidden = reply.status() == FORBIDDEN;
    if (!reply.ok()) {
      throw new IOException(reply.problem());
    }
    return ListPage.read(reply.body(), TOKENS);
  }
}
