package gpu.kerf.bench.jmh;

import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.service.WarmUpCluster;
import gpu.kerf.extender.state.Policy;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.verb.FilterVerb;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.extender.wire.WireReader;
import gpu.kerf.extender.wire.WireWriter;
import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One filter call from the bytes of its body to the bytes of its answer, names of nodes only, on a
 * fleet of nodes with eight H100 each, partly held. Every call is for another pod, of 64 kinds.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class FilterBenchmark {

  private static final int BODIES = 256;

  /** How a fleet's GPUs are used, and what pods then find. */
  public enum Kind {
    /** Shares on plain GPUs; the answer names the winners. */
    PLAIN,
    /** Slices cut as needed; the answer names the winners. */
    MIG,
    /** Shares on plain GPUs; the answer names all that fit. */
    PLAIN_ALL,
    /** No pod fits anywhere; the answer gives the reason of every node. */
    NONE_FITS
  }

  @Param({"1000", "5000"})
  public int nodes = 1000;

  @Param({"PLAIN", "MIG", "PLAIN_ALL", "NONE_FITS"})
  public Kind kind = Kind.PLAIN;

  private final Scheduling scheduling =
      new Scheduling(Dialects.all(), Clocks.system(), Runnable::run);
  private final WireReader reader = new WireReader(scheduling.names());
  private final WireWriter writer = new WireWriter(scheduling.names());
  private final FilterVerb filter = new FilterVerb(scheduling, new WarmUpCluster());
  private final byte[][] bodies = new byte[BODIES][];
  private int next;

  @Setup
  public void setUp() {
    GpuModel h100 = Objects.requireNonNull(GpuCatalog.builtIn().find("H100-80GB", 0));
    GpuSpec gpu = GpuSpec.of(h100, kind == Kind.MIG ? GpuMode.MIG_DYNAMIC : GpuMode.PLAIN);
    for (int i = 0; i < nodes; i++) {
      scheduling.nodeChanged(NodeSpec.of(name(i), Collections.nCopies(8, gpu)));
    }
    Random random = new Random(1);
    for (int i = 0; i < nodes * 8; i++) {
      occupy(i, random);
    }
    Policy.Answer answer = kind == Kind.PLAIN_ALL ? Policy.Answer.ALL : Policy.Answer.WINNERS;
    scheduling.use(new Policy(answer, Policy.defaults().proposalMillis()));
    for (int i = 0; i < BODIES; i++) {
      bodies[i] = body(i, random);
    }
  }

  private static String name(int i) {
    return "gpu-node-pool-a-%05d".formatted(i);
  }

  /** Fills every GPU to between nothing and everything, each node a little differently. */
  private void occupy(int slot, Random random) {
    int memory = kind == Kind.NONE_FITS ? 79 : 4 + random.nextInt(60);
    String node = name(slot / 8);
    if (kind != Kind.NONE_FITS && random.nextInt(3) == 0) {
      return;
    }
    PodView pod =
        PodView.of(new PodView.Ref("old", "old-" + slot, "old-" + slot))
            .container("main", Map.of("kerf.gpu/memory", memory + "Gi"))
            .build();
    var demand = scheduling.read(pod).demand();
    var state = Objects.requireNonNull(scheduling.fleet().node(node));
    var ask = scheduling.ask(demand).prepared();
    if (scheduling.placer().tryOn(ask, state)) {
      scheduling
          .ledger()
          .take(Holder.of("old-" + slot), scheduling.placer().placement(ask, state), 0);
    }
  }

  private byte[] body(int i, Random random) {
    int gib = kind == Kind.NONE_FITS ? 70 : 1 + random.nextInt(64);
    StringBuilder names = new StringBuilder();
    for (int node = 0; node < nodes; node++) {
      names.append(node == 0 ? "" : ",").append('"').append(name(node)).append('"');
    }
    return """
        {"Pod":{"metadata":{"name":"llm-%1$d","namespace":"ml","uid":"7c1f2b9e-0000-4000-8000-%1$012d",
        "resourceVersion":"4711","creationTimestamp":"2026-03-01T10:00:00Z","labels":{"app":"llm"},
        "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"llm","uid":"1","controller":true}]},
        "spec":{"volumes":[{"name":"kube-api-access","projected":{"sources":[{"serviceAccountToken":
        {"expirationSeconds":3607,"path":"token"}}],"defaultMode":420}}],"containers":[{"name":"main",
        "image":"registry.example/llm:1","resources":{"limits":{"cpu":"4","memory":"16Gi","kerf.gpu/memory":"%2$dGi"},
        "requests":{"cpu":"4","memory":"16Gi","kerf.gpu/memory":"%2$dGi"}},"volumeMounts":[{"name":
        "kube-api-access","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],
        "terminationMessagePath":"/dev/termination-log","imagePullPolicy":"IfNotPresent"}],"restartPolicy":
        "Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"default",
        "securityContext":{},"schedulerName":"kerf","tolerations":[{"key":"node.kubernetes.io/not-ready",
        "operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],"priority":0,"enableServiceLinks":true,
        "preemptionPolicy":"PreemptLowerPriority"},"status":{"phase":"Pending","qosClass":"Burstable"}},
        "Nodes":null,"NodeNames":[%3$s]}
        """
        .formatted(i, gib, names)
        .getBytes(StandardCharsets.UTF_8);
  }

  @Benchmark
  public byte[] filter() throws WireException {
    next = (next + 1) % BODIES;
    return writer.filter(filter.filter(reader.filter(bodies[next])));
  }

  /** The part of it that reads. */
  @Benchmark
  public Object read() throws WireException {
    next = (next + 1) % BODIES;
    return reader.filter(bodies[next]);
  }
}
