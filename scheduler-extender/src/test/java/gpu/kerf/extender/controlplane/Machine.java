package gpu.kerf.extender.controlplane;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * A machine inside this one: namespaces of its own for processes, mounts and network. When its
 * first process ends, the kernel removes everything that runs in it, with its containers, mounts
 * and addresses. It reaches this machine's loopback nowhere; the two see each other over one cable.
 */
final class Machine implements AutoCloseable {
  /** In the machine: what its folder is called. */
  static final Path FOLDER = Path.of("/run/node");

  private static final String FIRST_PROCESS = "echo started; exec sleep 1000000";

  /**
   * Fresh folders where programs keep things under fixed names, and values of the kernel that a
   * kubelet would else set for the machine that lent it a home.
   */
  private static final String MOUNTS =
      """
      mount -t tmpfs -o mode=755 tmpfs /run
      mkdir -p /run/node /run/var/upper /run/var/work /run/sys
      mount --bind "$1" /run/node
      mount -t overlay overlay -o lowerdir=/var/lib,upperdir=/run/var/upper,workdir=/run/var/work /var/lib
      while read -r key value; do
        echo "$value" > "/run/sys/${key##*/}"
        mount --bind "/run/sys/${key##*/}" "/proc/sys/$key"
      done <<END
      vm/overcommit_memory 1
      vm/panic_on_oom 0
      kernel/panic 10
      kernel/panic_on_oops 1
      kernel/keys/root_maxkeys 1000000
      kernel/keys/root_maxbytes 25000000
      END
      """;

  private final Path folder;
  private final Program first;
  private final long pid;
  private final int number;
  private final List<Program> programs = new ArrayList<>();

  private Machine(Path folder, Program first, long pid, int number) {
    this.folder = folder;
    this.first = first;
    this.pid = pid;
    this.number = number;
  }

  /**
   * Starts one.
   *
   * @param folder what it keeps
   * @param log where its first process writes
   */
  static Machine start(Path folder, Path log) {
    try {
      Files.createDirectories(folder);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
    Program first =
        Program.start(
            log,
            Map.of(),
            List.of(
                "unshare",
                "--mount",
                "--pid",
                "--net",
                "--fork",
                "--kill-child",
                "--propagation=private",
                "--mount-proc",
                "sh",
                "-c",
                FIRST_PROCESS));
    while (!first.log().contains("started")) {
      if (!first.running()) {
        throw new IllegalStateException("No namespaces: " + first.lastWords());
      }
      LockSupport.parkNanos(2_000_000);
    }
    long pid = firstInside(first);
    Machine machine = new Machine(folder, first, pid, cable(pid));
    machine.setUp();
    return machine;
  }

  /** The child that sees another network; the guard of every program is one that does not. */
  private static long firstInside(Program first) {
    Path here = network(ProcessHandle.current().pid());
    return ProcessHandle.of(first.pid()).stream()
        .flatMap(ProcessHandle::children)
        .mapToLong(ProcessHandle::pid)
        .filter(pid -> !network(pid).equals(here))
        .findFirst()
        .orElseThrow();
  }

  private static Path network(long pid) {
    try {
      return Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/net"));
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** Connects the machine with a veth pair under the first free number. */
  private static int cable(long pid) {
    IllegalStateException last = new IllegalStateException("No number is free.");
    for (int attempt = 0; attempt < 20; attempt++) {
      int number = ThreadLocalRandom.current().nextInt(1, 250);
      String here = cableName(number);
      try {
        Tool.run(
            "ip", "link", "add", here, "type", "veth", "peer", "name", "eth0", "netns", "" + pid);
        Tool.run("ip", "address", "add", host(number) + "/30", "dev", here);
        Tool.run("ip", "link", "set", here, "up");
        return number;
      } catch (IllegalStateException taken) {
        last = taken;
      }
    }
    throw last;
  }

  private void setUp() {
    run("sh", "-ec", MOUNTS, "sh", folder.toString());
    run("ip", "link", "set", "lo", "up");
    run("ip", "address", "add", address() + "/30", "dev", "eth0");
    run("ip", "link", "set", "eth0", "up");
    run("ip", "route", "add", "default", "via", host(number));
    run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
    Tool.run("ip", "route", "add", podNetwork(), "via", address());
  }

  /** The name of the cable's end here. */
  String cable() {
    return cableName(number);
  }

  private static String cableName(int number) {
    return "kerf" + number;
  }

  /** This machine's end of the cable. */
  String host() {
    return host(number);
  }

  private static String host(int number) {
    return "10.213." + number + ".1";
  }

  /** The machine's end of the cable. */
  String address() {
    return "10.213." + number + ".2";
  }

  /** The addresses for its pods, which this machine reaches through the cable. */
  String podNetwork() {
    return "10.214." + number + ".0/24";
  }

  /** Its folder, as this machine sees it. */
  Path folder() {
    return folder;
  }

  /** Runs a command in it to its end. */
  String run(String... command) {
    return Tool.run(inside(List.of(command)));
  }

  /** Starts a program in it. */
  Program start(Path log, List<String> command) {
    Program program = Program.start(log, Map.of(), inside(command));
    programs.add(program);
    return program;
  }

  /** Ends a program at once. */
  static void kill(Program program) {
    // It is the child of the one that went into the namespaces, and would outlive it.
    ProcessHandle.of(program.pid())
        .ifPresent(outside -> outside.children().forEach(ProcessHandle::destroyForcibly));
    program.kill();
  }

  private List<String> inside(List<String> command) {
    List<String> all =
        new ArrayList<>(List.of("nsenter", "--target=" + pid, "--mount", "--pid", "--net", "--"));
    all.addAll(command);
    return all;
  }

  @Override
  public void close() {
    first.kill();
    programs.forEach(Program::kill);
    Cgroups.remove(cgroup());
  }

  /** What its containers count under. */
  String cgroup() {
    return "/" + Cgroups.PREFIX + first.pid();
  }
}
