package gpu.kerf.extender.controlplane;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A node that starts containers: a kubelet and containerd in a {@link Machine}. Pods have addresses
 * that this machine reaches, and reach the API server under the service address that every pod is
 * told.
 */
public final class RealNode implements AutoCloseable {
  /** The first address of the control plane's services, which its certificate names. */
  private static final String API_SERVICE = "10.0.0.1";

  private final String name;
  private final Machine machine;
  private final Relay relay;
  private final Containerd containerd;
  private final Kubelet kubelet;

  private RealNode(
      String name, Machine machine, Relay relay, Containerd containerd, Kubelet kubelet) {
    this.name = name;
    this.machine = machine;
    this.relay = relay;
    this.containerd = containerd;
    this.kubelet = kubelet;
  }

  static RealNode start(
      String name,
      Path kubeletPath,
      ContainerdPrograms programs,
      Workplace workplace,
      Access access,
      int apiPort) {
    Cgroups.sweep();
    Machine machine =
        Machine.start(workplace.data().resolve(name), workplace.log(name + "-machine"));
    try {
      Relay relay = Relay.start(machine.host(), apiPort);
      forwardService(machine, relay);
      Containerd containerd =
          Containerd.start(machine, programs, workplace.log(name + "-containerd"));
      String kubeconfig = fromInside(access.kubeconfig(user(name)));
      Kubelet kubelet =
          new Kubelet(machine, kubeletPath, name, kubeconfig, workplace.log(name + "-kubelet"));
      RealNode node = new RealNode(name, machine, relay, containerd, kubelet);
      node.load(
          ContainerImage.of("pause", "/bin/busybox", "sleep", "1000000")
              .file("bin/busybox", NodePrograms.BUSYBOX));
      kubelet.start();
      return node;
    } catch (IOException broken) {
      machine.close();
      throw new UncheckedIOException(broken);
    } catch (RuntimeException failed) {
      machine.close();
      throw failed;
    }
  }

  /** A kubeconfig for programs on the node. */
  static String fromInside(Path kubeconfig) throws IOException {
    return Files.readString(kubeconfig)
        .replaceFirst("server: \"[^\"]+\"", "server: \"https://" + API_SERVICE + "\"");
  }

  /** Who a kubelet is for the API server. */
  static String user(String node) {
    return "system:node:" + node;
  }

  /** What kube-proxy would do for the one service that every pod needs. */
  private static void forwardService(Machine machine, Relay relay) {
    for (String chain : new String[] {"PREROUTING", "OUTPUT"}) {
      machine.run(
          "iptables -t nat -A %s -d %s -p tcp --dport 443 -j DNAT --to-destination %s:%d"
              .formatted(chain, API_SERVICE, machine.host(), relay.port())
              .split(" ", -1));
    }
  }

  public String name() {
    return name;
  }

  /** The network device that leads to it. */
  String cable() {
    return machine.cable();
  }

  /** Its folder, as this machine sees it; the node sees it as {@link Machine#FOLDER}. */
  Path folder() {
    return machine.folder();
  }

  /** Makes an image known, under the name that pods use. */
  public void load(ContainerImage image) {
    Path archive = image.write(machine.folder());
    load(archive);
    try {
      Files.delete(archive);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** Makes an image known that is an archive as {@code docker save} writes it. */
  public void load(Path archive) {
    containerd.load(archive);
  }

  /** Takes the kubelet away at once, and leaves its containers alone. */
  public void killKubelet() {
    kubelet.kill();
  }

  public void startKubelet() {
    kubelet.start();
  }

  public boolean kubeletRuns() {
    return kubelet.running();
  }

  /** Runs a command on the node, where its files and processes are. */
  public String run(String... command) {
    return machine.run(command);
  }

  /** Starts a program on the node, beside the kubelet; it ends with the node. */
  public Program start(Path log, String... command) {
    return machine.start(log, List.of(command));
  }

  @Override
  public void close() {
    kubelet.kill();
    relay.close();
    machine.close();
  }
}
