package gpu.kerf.extender.controlplane;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * A real control plane with a data store of its own: etcd, kube-apiserver and
 * kube-controller-manager, and on demand kube-scheduler and kwok. It listens on loopback alone, and
 * nothing of it outlives this JVM.
 */
public final class ControlPlane implements AutoCloseable {
  private static final Pattern GIT_VERSION = Pattern.compile("\"gitVersion\":\\s*\"v([^\"]+)\"");

  private final Programs.Found programs;
  private final Workplace workplace;
  private final Access access;
  private final List<String> schedulerFlags;
  private final int port;
  private final String address;
  private final ApiServer apiServer;
  private final Program etcd;
  private final List<KubeScheduler> schedulers = new ArrayList<>();
  private final List<Floor> floors = new ArrayList<>();
  private final List<RealNode> nodes = new ArrayList<>();
  private final List<Program> others = new ArrayList<>();
  private @Nullable Program controllers;
  private @Nullable Kwok kwok;

  /** Starts one with the usual options, or skips the test where this machine has no way to. */
  public static ControlPlane start() {
    return start(Options.defaults());
  }

  /** Starts one, or skips the test where this machine has no way to. */
  public static ControlPlane start(Options options) {
    return start(Programs.find(System.getenv()).orSkip(), options);
  }

  static ControlPlane start(Programs.Found programs, Options options) {
    try {
      ControlPlane plane = new ControlPlane(programs, options);
      plane.run(options);
      return plane;
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private ControlPlane(Programs.Found programs, Options options) throws IOException {
    this.programs = programs;
    this.schedulerFlags = options.schedulerFlags();
    this.workplace = Workplace.create();
    this.port = Ports.free();
    String etcdAddress = "http://127.0.0.1:" + Ports.free();
    this.address = "https://127.0.0.1:" + port;
    this.access = Access.write(workplace.data().resolve("access"), address, options.users());
    this.etcd = startEtcd(etcdAddress, "http://127.0.0.1:" + Ports.free());
    this.apiServer =
        new ApiServer(
            programs.path("kube-apiserver"),
            workplace.log("kube-apiserver"),
            address,
            access,
            ApiServer.flags(port, etcdAddress, access, options));
  }

  /** The address of the API server. */
  public String apiServer() {
    return address;
  }

  /** How an administrator reaches the API server. */
  public Path kubeconfig() {
    return access.kubeconfig(Access.ADMIN);
  }

  /** How a user reaches the API server who may do what RBAC grants to that name, and no more. */
  public Path kubeconfig(String user) {
    return access.kubeconfig(user);
  }

  /** Where the API server keeps its certificate and the key. */
  Path certificates() {
    return access.certificates();
  }

  /** Where everything of this control plane writes its logs. */
  public Path logs() {
    return workplace.folder();
  }

  /** The minor version that is built for tests, such as 36; for flags that it does not share. */
  public static int minor() {
    return Programs.minor(System.getenv());
  }

  /** The version that the API server says it has, such as {@code 1.36.3}. */
  public String version() {
    Matcher matcher =
        GIT_VERSION.matcher(Objects.requireNonNullElse(apiServer.get("/version"), "(no answer)"));
    if (!matcher.find()) {
      throw new IllegalStateException("The API server did not tell its version.");
    }
    return matcher.group(1);
  }

  /** Runs kubectl as the administrator; the result is what it printed. */
  public String kubectl(String... arguments) {
    return kubectlWithInput("", arguments);
  }

  /** Runs kubectl as the administrator, with something to read. */
  public String kubectlWithInput(String input, String... arguments) {
    return kubectl(Access.ADMIN).run(input, arguments);
  }

  /** Runs kubectl as a user. */
  public String kubectlAs(String user, String... arguments) {
    return kubectl(user).run("", arguments);
  }

  /** The same with something to read. */
  public String kubectlWithInputAs(String user, String input, String... arguments) {
    return kubectl(user).run(input, arguments);
  }

  /** Creates or changes what the manifests (YAML or JSON) say. */
  public void apply(String manifests) {
    kubectlWithInput(manifests, "apply", "--server-side", "--force-conflicts", "-f", "-");
  }

  /**
   * Creates many objects faster than kubectl does, which takes them one by one.
   *
   * @param path where the API server takes them, such as {@code /api/v1/nodes}
   * @param manifests one object each, as YAML or JSON
   */
  public void create(String path, List<String> manifests) {
    apiServer.create(path, manifests);
  }

  /** Deletes one object, such as {@code /api/v1/namespaces/default/pods/a}. */
  public void delete(String path) {
    apiServer.delete(path);
  }

  /** A kube-scheduler with a configuration of the caller's; not started yet. */
  public KubeScheduler scheduler(Path config) {
    return scheduler(config, access.kubeconfig(Access.SCHEDULER));
  }

  /** The same, with another kubeconfig for the connection to the API server. */
  public KubeScheduler scheduler(Path config, Path kubeconfig) {
    String name = "kube-scheduler-" + (schedulers.size() + 1);
    KubeScheduler scheduler =
        new KubeScheduler(
            programs.path("kube-scheduler"),
            workplace.data().resolve(name),
            config,
            workplace.log(name),
            kubeconfig,
            schedulerFlags);
    schedulers.add(scheduler);
    return scheduler;
  }

  /**
   * A kube-scheduler without extenders that looks at all nodes, as those with Kerf do; not started
   * yet.
   */
  public KubeScheduler scheduler() {
    return schedulerWith("");
  }

  /** The default scheduler that asks an extender about every pod; not started yet. */
  public KubeScheduler scheduler(Floor floor) {
    return schedulerWith(
        """
        extenders:
        - urlPrefix: "%s"
          filterVerb: filter
          prioritizeVerb: prioritize
          bindVerb: bind
          weight: 10
          nodeCacheCapable: true
        """
            .formatted(floor.address()));
  }

  private KubeScheduler schedulerWith(String extenders) {
    Path config = workplace.data().resolve("scheduler-" + schedulers.size() + ".yaml");
    try {
      Files.writeString(
          config,
          """
          apiVersion: kubescheduler.config.k8s.io/v1
          kind: KubeSchedulerConfiguration
          leaderElection: {leaderElect: false}
          percentageOfNodesToScore: 100
          clientConnection: {kubeconfig: "%s", qps: 5000, burst: 5000}
          """
                  .formatted(access.kubeconfig(Access.SCHEDULER))
              + extenders);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
    return scheduler(config);
  }

  /** The extender that does nothing, started; skips the test where there is none. */
  public Floor floor(Floor.Answer answer) {
    Assumptions.assumeTrue(
        programs.has("floor"),
        Programs.NONE + " with the extender that does nothing: only the build by Go has one");
    Floor floor = Floor.start(programs.path("floor"), workplace.log("floor"), kubeconfig(), answer);
    floors.add(floor);
    return floor;
  }

  /** Starts a program beside it, which ends with it at the latest; its log lies with the others. */
  public Program run(String name, Map<String, String> environment, List<String> command) {
    Program program = Program.start(workplace.log(name), environment, command);
    others.add(program);
    return program;
  }

  /** kwok, started at the first call. */
  public Kwok kwok() {
    if (kwok == null) {
      kwok = Kwok.start(programs.path("kwok"), workplace, access.kubeconfig(Access.KWOK));
    }
    return kwok;
  }

  /**
   * A node that starts containers, named in the options; it is ready a while after. Skips the test
   * where there is no kubelet.
   */
  public RealNode node(String name) {
    return node(name, ContainerdPrograms.onPath());
  }

  /**
   * A node with a DRA driver, named in the options; it is ready a while after. Skips the test where
   * there is none.
   *
   * @param gpus how each of its GPUs is handed out: dynamic, whole or shared
   */
  public DraNode draNode(String name, String... gpus) {
    DraPrograms.Found dra = DraPrograms.find(System.getenv()).orSkip();
    RealNode node = node(name, dra.containerd());
    return DraNode.start(this, node, dra.driver(), access.kubeconfig(DraNode.DRIVER), gpus);
  }

  private RealNode node(String name, ContainerdPrograms containerd) {
    Assumptions.assumeTrue(
        programs.has("kubelet"),
        NodePrograms.NONE + ": no kubelet is among the programs of the control plane");
    RealNode node =
        RealNode.start(name, programs.path("kubelet"), containerd, workplace, access, port);
    nodes.add(node);
    return node;
  }

  /** One of the control plane's programs, for an image that a test makes of it. */
  public Path program(String name) {
    return programs.path(name);
  }

  /** Stops etcd, so that all requests to it wait. */
  public void pauseStore() {
    etcd.signal("STOP");
  }

  /** Etcd goes on. */
  public void resumeStore() {
    etcd.signal("CONT");
  }

  /** Takes the API server away at once, with every connection; the data stays. */
  public void stopApiServer() {
    apiServer.kill();
  }

  /** Brings it back under the same address, with the same data, and waits until it is ready. */
  public void startApiServer() {
    apiServer.start();
    apiServer.awaitReady(etcd);
  }

  @Override
  public void close() {
    schedulers.forEach(KubeScheduler::close);
    nodes.forEach(RealNode::close);
    floors.forEach(Floor::close);
    others.forEach(Program::kill);
    if (kwok != null) {
      kwok.close();
    }
    if (controllers != null) {
      controllers.kill();
    }
    apiServer.kill();
    etcd.kill();
    try {
      workplace.removeData();
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private void run(Options options) {
    try {
      startApiServer();
      controllers = startControllers(options);
      createLease();
    } catch (RuntimeException failed) {
      close();
      throw failed;
    }
  }

  /** The Lease of Kerf's manifests, in the namespace of the kubeconfig. */
  private void createLease() {
    String lease =
        "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":\"kerf-binding\"}}";
    apiServer.awaitAnswer("/api/v1/namespaces/default");
    apiServer.create("/apis/coordination.k8s.io/v1/namespaces/default/leases", List.of(lease));
  }

  private Kubectl kubectl(String user) {
    return new Kubectl(programs.path("kubectl"), workplace.data(), access.kubeconfig(user));
  }

  private Program startEtcd(String address, String peers) {
    return Program.start(
        workplace.log("etcd"),
        Map.of(),
        List.of(
            programs.path("etcd").toString(),
            "--data-dir=" + workplace.data().resolve("etcd"),
            "--listen-client-urls=" + address,
            "--advertise-client-urls=" + address,
            "--listen-peer-urls=" + peers,
            "--initial-advertise-peer-urls=" + peers,
            "--initial-cluster=default=" + peers,
            "--quota-backend-bytes=4294967296",
            "--unsafe-no-fsync",
            "--log-level=error"));
  }

  private Program startControllers(Options options) {
    List<String> command =
        new ArrayList<>(
            List.of(
                programs.path("kube-controller-manager").toString(),
                "--kubeconfig=" + access.kubeconfig(Access.CONTROLLERS),
                "--controllers=" + (options.nodeLifecycle() ? "*" : "*,-node-lifecycle-controller"),
                "--service-account-private-key-file=" + access.signingKey(),
                "--root-ca-file=" + access.certificate(),
                "--leader-elect=false",
                "--kube-api-qps=1000",
                "--kube-api-burst=2000",
                "--bind-address=127.0.0.1",
                "--secure-port=" + Ports.free(),
                "--cert-dir=" + workplace.data().resolve("controller-certificates")));
    command.addAll(options.controllerFlags());
    return Program.start(workplace.log("kube-controller-manager"), Map.of(), command);
  }
}
