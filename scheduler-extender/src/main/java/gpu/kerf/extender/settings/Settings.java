package gpu.kerf.extender.settings;

import gpu.kerf.extender.dialect.DialectOptions;
import gpu.kerf.extender.dialect.GpushareDialect;
import gpu.kerf.extender.team.TeamSource;
import gpu.kerf.model.cost.Price;
import gpu.kerf.model.cost.PriceList;
import gpu.kerf.model.demand.MemoryMiB;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything a user can set.
 *
 * <p>The components are the keys of the YAML file, and their annotations its comments. A component
 * that is {@code live} changes while the service runs, the others at its next start.
 */
public record Settings(
    @Setting("Where the service listens.") Listen listen,
    @Setting(
            "A second port for clients that only read: kubelet, Prometheus, people. No verb is"
                + " there, so that it may be open where the first is not.")
        Observe observe,
    @Setting("TLS. Without a certificate the service speaks plain HTTP.") Tls tls,
    @Setting("The webhook's certificate, where Kerf makes it itself; kerf serve only.")
        Certificates certificates,
    @Setting("What one client may take of the service. Beyond it: 408, 413, 431 or 503.")
        Limits limits,
    @Setting("How the service stops.") Stop stop,
    @Setting("When the service calls itself ready.") Readiness readiness,
    @Setting("How the cluster is followed; kerf serve only.") Cluster cluster,
    @Setting("The audit that looks for slots that are held twice; kerf serve only.") Auditing audit,
    @Setting("How pods are placed.") Scheduling scheduling,
    @Setting("Whose turn it is where the cluster has teams; kerf serve only.") Teams teams,
    @Setting("How it is counted who uses GPUs for how long.") Usage usage,
    @Setting(
            "How Kerf learns which GPUs are idle; what follows is for each Team to say"
                + " (spec.idle).")
        Idle idle,
    @Setting("How the pods of a gang start together.") Gangs gangs,
    @Setting("How Kerf answers Kueue: docs/how-to/use-with-kueue.md. kerf serve only.")
        KueueSettings kueue,
    @Setting("How pods are read that are written in other projects' words.") Dialects dialects,
    @Setting("Delivery of GPUs by a DRA driver: docs/how-to/deliver-by-dra.md. kerf serve only.")
        DraSettings dra,
    @Setting("The webhook that the API server asks about pods; kerf serve only.")
        AdmissionSettings admission,
    @Setting(
            value =
                "Which component evicts pods of lower priority if only Kerf sees that it helps,"
                    + " because the node's sums fit and its pieces do not: kerf, or native"
                    + " (kube-scheduler, which does from 1.38 on). kerf serve only.",
            live = true)
        Preemption preemption,
    @Setting("What GPU time costs: docs/explanation/cost.md.") Cost cost,
    @Setting("What is measured and remembered.") Telemetry telemetry,
    @Setting("The stream of CloudEvents.") StreamSettings stream,
    @Setting("What the service says while it works, on stderr.") Logs log) {

  /** Where the service listens. */
  public record Listen(
      @Setting("The address. Loopback is for a kube-scheduler in the same pod.") String host,
      @Setting(value = "The port; 0 takes any free one.", min = "0", max = "65535") int port,
      @Setting(
              "Whether other machines may call without TLS. A client that can call can bind"
                  + " pods.")
          boolean insecure,
      @Setting("Whether the console is served at /.") boolean console) {}

  /** Which clients the observers' port answers. */
  public enum ObserveAccess {
    /** Those whose bearer token the API server accepts. */
    TOKEN,
    /** All. */
    OPEN
  }

  /** Where there are no verbs. */
  public record Observe(
      @Setting("The address, such as 0.0.0.0; empty for no such port.") String host,
      @Setting(value = "The port; 0 takes any free one.", min = "0", max = "65535") int port,
      @Setting(
              "Whether the console and the API are there too. With access: open they show the pods"
                  + " of all namespaces to every client that reaches the port.")
          boolean console,
      @Setting(
              "Which clients may look: token (those with a bearer token, which see what the API"
                  + " server lets them read: it needs the role kerf-access) or open (all that reach"
                  + " the port, and they see all). /healthz and /readyz are open in any case.")
          ObserveAccess access) {

    public boolean enabled() {
      return !host.isEmpty();
    }
  }

  /** The files of TLS; they are read again when they change. */
  public record Tls(
      @Setting("The PEM file with the certificate and those between it and its authority.")
          String certificate,
      @Setting("The PEM file with the private key (PKCS#8).") String key,
      @Setting(
              "The PEM file with the authorities of clients. With it, every client must show a"
                  + " certificate.")
          String clientAuthorities,
      @Setting(
              value = "How often Kerf checks whether the files have changed.",
              min = "100ms",
              max = "1h")
          Duration checkEvery) {

    public boolean enabled() {
      return !certificate.isEmpty();
    }
  }

  /** A certificate that Kerf makes itself. */
  public record Certificates(
      @Setting(
              "Whether Kerf makes it. Kerf keeps it in the Secret kerf-webhook, renews it when two"
                  + " thirds of its time are over, and writes its authority into the webhook"
                  + " configurations called kerf.")
          boolean make,
      @Setting("The folder where the webhook finds it, as tls.crt, tls.key and ca.crt.")
          String folder,
      @Setting("The namespace of the Secret, and of the Service kerf-webhook that it is for.")
          String namespace,
      @Setting(value = "How long the certificate is valid.", min = "1h", max = "3650d")
          Duration validity,
      @Setting(value = "How often Kerf checks the certificate.", min = "100ms", max = "1h")
          Duration checkEvery) {}

  /** What one client may take. */
  public record Limits(
      @Setting(value = "The longest body of a request.", min = "1KiB", max = "1GiB") ByteCount body,
      @Setting(value = "All bodies that are in memory at once.", min = "1KiB", max = "8GiB")
          ByteCount allBodies,
      @Setting(value = "All headers of a request.", min = "1KiB", max = "1MiB") ByteCount headers,
      @Setting(value = "Connections at once.", min = "1", max = "65535") int connections,
      @Setting(value = "Verbs that are being answered at once.", min = "1", max = "65535")
          int inFlight,
      @Setting(value = "Consoles that listen to live events at once.", min = "0", max = "10000")
          int eventStreams,
      @Setting(
              value = "How long a request may take to arrive, headers and body.",
              min = "10ms",
              max = "10m")
          Duration arrival,
      @Setting(
              value =
                  "How long an answer may take. Keep it below httpTimeout of kube-scheduler (5 s),"
                      + " so that the answer is always Kerf's.",
              min = "10ms",
              max = "10m")
          Duration answer,
      @Setting(
              value =
                  "How long a connection may stay unused. kube-scheduler keeps its connections for"
                      + " 90 s; a shorter time here makes it fail now and then.",
              min = "10ms",
              max = "1d")
          Duration idle) {

    /** The same for bodies of so many bytes at most. */
    public Limits withBodies(ByteCount most) {
      ByteCount shorter = body.compareTo(most) < 0 ? body : most;
      return new Limits(
          shorter, allBodies, headers, connections, inFlight, eventStreams, arrival, answer, idle);
    }

    /** The same for so many connections, each unused for so long at most. */
    public Limits withConnections(int most, Duration unused) {
      return new Limits(
          body, allBodies, headers, most, inFlight, eventStreams, arrival, answer, unused);
    }
  }

  /** How the service stops. */
  public record Stop(
      @Setting(
              value = "How long it goes on answering after it has called itself not ready.",
              min = "0s",
              max = "10m")
          Duration lead,
      @Setting(
              value = "How long it then waits for answers that are under way.",
              min = "0s",
              max = "10m")
          Duration drain) {}

  /** When the service calls itself ready. */
  public record Readiness(
      @Setting(
              value =
                  "How old its picture of the cluster may be: with an older one it is not ready,"
                      + " and no verb decides.",
              min = "1s",
              max = "1h",
              live = true)
          Duration staleAfter,
      @Setting(
              value =
                  "How many pods are placed on a copy of the fleet before the first real one, so"
                      + " that it is not the slowest; 0 places none.",
              min = "0",
              max = "100000")
          int warmUpPods,
      @Setting(
              value = "How long that may take; it goes on while pods are still listed.",
              min = "0s",
              max = "10m")
          Duration warmUp) {}

  /** How the cluster is followed. */
  public record Cluster(
      @Setting(
              "The kubeconfig file; without one, the credentials of the pod, then those that"
                  + " KUBECONFIG names, then ~/.kube/config.")
          String kubeconfig,
      @Setting("The schedulerName of the pods that Kerf places.") String schedulerName,
      @Setting(value = "Bindings and other requests at once.", min = "1", max = "256") int workers,
      @Setting(
              value =
                  "How long a request may take. Keep it below half of limits.answer: a binding that"
                      + " gets no answer is followed by one more request.",
              min = "100ms",
              max = "1m")
          Duration call,
      @Setting(
              value =
                  "After how long the API server ends a watch, and the next one goes on where it"
                      + " stood. A watch that says nothing for half as long again is cut off.",
              min = "2s",
              max = "10m")
          Duration watch,
      @Setting(
              value =
                  "How often all pods are listed anew and compared with the ledger. What differs"
                      + " twice in a row is reported: kerf_ledger_differences, an event, the log.",
              min = "1s",
              max = "1d")
          Duration reconcile,
      @Setting(
              value =
                  "How much longer than its grace period the GPU memory of a pod is held that was"
                      + " deleted by force. Keep it longer than --node-monitor-grace-period of the"
                      + " controller-manager (50 s): then a kubelet that has not heard of the"
                      + " deletion by its end is known to be cut off, and its pods are held on.",
              min = "0s",
              max = "1h")
          Duration quarantineMargin,
      @Setting(
              "The namespace of the Lease kerf-binding, which one replica at a time holds to bind,"
                  + " and of the ConfigMap kerf-checkpoint: the same for all replicas. Empty: that"
                  + " of the pod, then that of the kubeconfig's context, then default.")
          String namespace) {}

  /** How the cluster is audited. */
  public record Auditing(
      @Setting(
              value =
                  "How often all pods, nodes, ResourceSlices and ResourceClaims are listed and what"
                      + " pods hold is worked out from them alone; a quarter more or less. What is"
                      + " held twice is reported: kerf_audit_overlaps, an event, the log.",
              min = "1s",
              max = "1d")
          Duration every) {}

  /** What filter answers. */
  public enum Answer {
    /** The nodes of the best cost class: a few names. */
    WINNERS,
    /** Every node that fits. */
    ALL
  }

  /** Who evicts where only Kerf sees that it helps. */
  public enum Preemption {
    KERF,
    NATIVE
  }

  /** How pods are placed. */
  public record Scheduling(
      @Setting(
              value =
                  "What filter answers: winners (the nodes of the best cost class) or all (every"
                      + " node that fits, for tools that simulate).",
              live = true)
          Answer answer,
      @Setting(
              value = "How long a slot is kept for a pod that was filtered and not yet bound.",
              min = "0s",
              max = "10m",
              live = true)
          Duration proposal) {}

  /** From whom a team may take GPUs back. */
  public enum Reclaim {
    /** A team below its guarantee does. */
    GUARANTEE,
    /** A team below its share does. */
    SHARE
  }

  /** Whose turn it is. */
  public record Teams(
      @Setting(
              "What says which teams there are: kerf (the resource Team; pods belong to a team by"
                  + " their namespace) or kai (queues of KAI's scheduler; pods belong to a team by"
                  + " their label kai.scheduler/queue).")
          TeamSource source,
      @Setting(
              value =
                  "Whether Kerf acts on teams. Without, it takes its gates off all pods and places"
                      + " them in the order in which kube-scheduler asks.",
              live = true)
          boolean enabled,
      @Setting(
              value =
                  "Which team takes GPUs back from teams that hold more than they were guaranteed:"
                      + " guarantee (one below its guarantee) or share (one below its share).",
              live = true)
          Reclaim reclaim,
      @Setting(
              value =
                  "After how long the first of a line gets a place kept free that others could use"
                      + " meanwhile.",
              min = "1s",
              max = "30d",
              live = true)
          Duration patience,
      @Setting(
              value =
                  "How long a place is held for a pod whose turn it is and that is not yet bound.",
              min = "1s",
              max = "10m",
              live = true)
          Duration placeTimeout,
      @Setting(
              value = "How long before a window closes the pods are told that are evicted then.",
              min = "0s",
              max = "1d",
              live = true)
          Duration announce,
      @Setting(
              value = "How many gates are taken off a second.",
              min = "1",
              max = "10000",
              live = true)
          int gatesPerSecond) {}

  /** How usage is kept. */
  public record Usage(
      @Setting(
              value =
                  "How long usage is kept hour by hour, for reports. Budgets and the sums of teams"
                      + " do not end with it.",
              min = "1d",
              max = "100d")
          Duration keep,
      @Setting(
              value =
                  "How often it is written into the status of a Team while it changes: so much is"
                      + " lost at most when Kerf is killed.",
              min = "1s",
              max = "10m")
          Duration checkpoint) {}

  /** How it is learned which GPUs compute nothing. */
  public record Idle(
      @Setting(
              "The address of the Prometheus that scrapes NVIDIA's DCGM exporter, such as"
                  + " http://prometheus.monitoring:9090; empty: no pod is evicted for being idle.")
          String prometheus,
      @Setting(value = "How often it is asked.", min = "5s", max = "10m") Duration every,
      @Setting(value = "How long it may take for an answer.", min = "100ms", max = "30s")
          Duration timeout) {

    public boolean enabled() {
      return !prometheus.isEmpty();
    }

    Idle off() {
      return new Idle("", every, timeout);
    }
  }

  /** How the pods of a gang start together. */
  public record Gangs(
      @Setting(
              value =
                  "How long the bind call of a pod waits for those of the other pods; not longer"
                      + " than limits.answer less cluster.call. kube-scheduler tries 100 to 200"
                      + " pods a second, so larger gangs need more time: then raise httpTimeout of"
                      + " kube-scheduler, limits.answer and this.",
              min = "100ms",
              max = "5m",
              live = true)
          Duration barrier,
      @Setting(
              value =
                  "How long Kerf tries to bind the other pods of a gang of which only some could be"
                      + " bound; then it evicts those.",
              min = "1s",
              max = "1h",
              live = true)
          Duration repair) {}

  /** How pods are read that are written in other projects' words. */
  public record Dialects(
      @Setting(
              "What aliyun.com/gpu-mem counts: gib or mib. The same as --memory-unit of gpushare's"
                  + " device plugin.")
          GpushareDialect.Unit gpushareUnit,
      @Setting(
              value =
                  "The least GPU memory that a pod may ask for. Less is refused: most such amounts"
                      + " are a number whose unit was forgotten.",
              min = "1MiB",
              max = "16GiB")
          ByteCount leastMemory,
      @Setting(
              "Whether what HAMi's and gpushare's schedulers write on pods that they placed says"
                  + " which GPUs those pods use. Pods' owners can write it too, unless an admission"
                  + " policy keeps them from it. Without it, no GPU of a node with such a pod gets"
                  + " a new pod of Kerf's.")
          boolean trustAnnotations) {}

  /** What GPU time costs. */
  public record Cost(
      @Setting(value = "The currency of the prices: its code of three letters.", live = true)
          String currency,
      @Setting(
              value =
                  "What an hour of a GPU costs, by GPU model: the base of kerf report and of"
                      + " kerf_namespace_cost_total.\nFor example H100-80GB: \"3.20\"",
              min = "0",
              max = "1000000",
              live = true)
          Map<String, Price> prices,
      @Setting(
              value = "What an hour of a GPU of any other model costs.",
              min = "0",
              max = "1000000",
              live = true)
          Price defaultPrice,
      @Setting(
              value =
                  "For how many GPU hours Kerf remembers what was free and stranded, in some 100"
                      + " bytes each; the oldest are dropped.",
              min = "1000",
              max = "10000000")
          int gpuHours) {
    public Cost {
      prices = sorted(prices);
    }

    public PriceList list() {
      return new PriceList(currency, prices, defaultPrice);
    }
  }

  /** What is measured and remembered. */
  public record Telemetry(
      @Setting(
              value =
                  "How many namespaces have metrics of their own; those that come later count as"
                      + " \"other\".",
              min = "1",
              max = "10000")
          int namespaces,
      @Setting(
              value =
                  "How many teams have metrics of their own; those that come later count as"
                      + " \"other\".",
              min = "1",
              max = "10000")
          int teams,
      @Setting(
              "Whether the metric container_gpu_allocation is exported, which OpenCost reads:"
                  + " docs/how-to/use-opencost.md.")
          boolean openCost) {}

  /** How a line of the log looks. */
  public enum Format {
    TEXT,
    JSON
  }

  /** How much is said. */
  public enum Level {
    ERROR,
    WARN,
    INFO,
    DEBUG,
    TRACE
  }

  /** What the service says while it works. */
  public record Logs(
      @Setting(value = "How much is said: error, warn, info, debug or trace.", live = true)
          Level level,
      @Setting(
              value =
                  "The same for one part of the program.\n"
                      + "For example gpu.kerf.extender.verb: debug",
              live = true)
          Map<String, Level> levels,
      @Setting(value = "How a line looks: text or json.", live = true) Format format) {
    public Logs {
      levels = sorted(levels);
    }
  }

  public static Settings defaults() {
    return new Settings(
        new Listen("127.0.0.1", 8880, false, true),
        new Observe("", 8881, false, ObserveAccess.TOKEN),
        new Tls("", "", "", Duration.ofSeconds(10)),
        new Certificates(
            false, "/tmp/kerf-webhook", "kerf-system", Duration.ofDays(90), Duration.ofMinutes(1)),
        defaultLimits(),
        new Stop(Duration.ofSeconds(1), Duration.ofSeconds(10)),
        new Readiness(Duration.ofSeconds(60), 2000, Duration.ofSeconds(3)),
        new Cluster(
            "",
            "kerf",
            16,
            Duration.ofMillis(1900),
            Duration.ofSeconds(30),
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            ""),
        new Auditing(Duration.ofMinutes(5)),
        new Scheduling(Answer.WINNERS, Duration.ofSeconds(10)),
        new Teams(
            TeamSource.KERF,
            true,
            Reclaim.GUARANTEE,
            Duration.ofMinutes(30),
            Duration.ofSeconds(30),
            Duration.ofMinutes(10),
            500),
        new Usage(Duration.ofDays(35), Duration.ofSeconds(5)),
        new Idle("", Duration.ofSeconds(30), Duration.ofSeconds(10)),
        new Gangs(Duration.ofSeconds(2), Duration.ofSeconds(60)),
        KueueSettings.defaults(),
        new Dialects(GpushareDialect.Unit.GIB, ByteCount.mib(64), false),
        DraSettings.defaults(),
        AdmissionSettings.defaults(),
        Preemption.KERF,
        new Cost("EUR", Map.of(), Price.ZERO, 200_000),
        new Telemetry(100, 200, false),
        StreamSettings.defaults(),
        new Logs(Level.INFO, Map.of(), Format.TEXT));
  }

  /** How pods are read. */
  public DialectOptions reading() {
    return new DialectOptions(
        dialects.gpushareUnit, MemoryMiB.ofBytes(dialects.leastMemory.value()), admission.mps());
  }

  /** The same on a free port of this machine, without TLS and console. */
  public Settings forRehearsal() {
    return new Settings(
        new Listen("127.0.0.1", 0, false, false),
        new Observe("", 0, false, ObserveAccess.TOKEN),
        new Tls("", "", "", tls.checkEvery),
        certificates,
        limits,
        stop,
        readiness,
        cluster,
        audit,
        scheduling,
        teams,
        usage,
        idle.off(),
        gangs,
        kueue,
        dialects,
        dra,
        admission,
        preemption,
        cost,
        telemetry,
        stream.withoutSink(),
        log);
  }

  private static Limits defaultLimits() {
    return new Limits(
        ByteCount.mib(16),
        ByteCount.mib(64),
        ByteCount.kib(16),
        1024,
        768,
        32,
        Duration.ofSeconds(3),
        Duration.ofSeconds(4),
        Duration.ofSeconds(120));
  }

  private static <V> Map<String, V> sorted(Map<String, V> map) {
    return Collections.unmodifiableMap(new TreeMap<>(map));
  }
}
