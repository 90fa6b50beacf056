package gpu.kerf.extender.controlplane;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The extender that does nothing: it accepts every node and binds. The throughput that a cluster
 * loses with it is the cost of the protocol, which every extender pays.
 */
public final class Floor implements AutoCloseable {
  /** What it answers to filter. */
  public enum Answer {
    /** A single node, each in turn. */
    ONE("one"),
    /** Every node that it was asked about. */
    ALL("all");

    private final String flag;

    Answer(String flag) {
      this.flag = flag;
    }
  }

  private final Program program;
  private final String address;

  private Floor(Program program, String address) {
    this.program = program;
    this.address = address;
  }

  static Floor start(Path path, Path log, Path kubeconfig, Answer answer) {
    String listen = "127.0.0.1:" + Ports.free();
    return new Floor(
        Program.start(
            log,
            Map.of(),
            List.of(
                path.toString(),
                "--listen=" + listen,
                "--kubeconfig=" + kubeconfig,
                "--answer=" + answer.flag)),
        "http://" + listen);
  }

  /** What kube-scheduler takes as the extender's {@code urlPrefix}. */
  public String address() {
    return address;
  }

  @Override
  public void close() {
    program.kill();
  }
}
