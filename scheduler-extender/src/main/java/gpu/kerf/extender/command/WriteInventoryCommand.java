package gpu.kerf.extender.command;

import gpu.kerf.extender.cluster.kubernetes.calling.Access;
import gpu.kerf.extender.cluster.kubernetes.calling.AccessException;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.writing.InventoryWriter;
import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.wire.WireException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kerf write-inventory}: keeps the inventory of a node as a file says. */
@Command(
    name = "write-inventory",
    description = {
      "Writes the inventory record in a file on a node, and again whenever the file changes.",
      "",
      "The record is written into the annotation kerf.gpu/inventory of the node. A record that Kerf"
          + " cannot use is not written, and the log says what is wrong with it. The component"
          + " inventory-reporter runs this command on every managed node.",
      ""
    },
    mixinStandardHelpOptions = true)
public final class WriteInventoryCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(WriteInventoryCommand.class);
  private static final Duration CALL = Duration.ofSeconds(10);
  private static final long LOOK_SECONDS = 5;

  /** Every so many looks the node is read, though the file is the same. */
  private static final int LOOKS_WITHOUT_READING = 60;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      required = true,
      description = "The file with the record. It may come later.")
  private Path file = Path.of("");

  @Option(
      names = "--node",
      paramLabel = "NAME",
      required = true,
      description = "The node that has these GPUs.")
  private String node = "";

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description =
          "The kubeconfig of the cluster. Default: the credentials of the pod, else the file in"
              + " KUBECONFIG, else ~/.kube/config.")
  private @Nullable Path kubeconfig;

  @Option(
      names = "--once",
      description = "Write it once and end. Exit code 1 says that it could not be written.")
  private boolean once;

  private String written = "";
  private String problem = "";
  private int looks;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Access access = new Access(System.getenv(), Path.of(System.getProperty("user.home", "/")));
    String named = kubeconfig == null ? "" : kubeconfig.toString();
    try (ApiServer server = access.connect(named, new Access.Patience(CALL, CALL))) {
      return follow(new InventoryWriter(server, node));
    } catch (AccessException e) {
      throw new IOException(e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--node: " + e.getMessage(), e);
    }
  }

  private int follow(InventoryWriter writer) throws InterruptedException {
    CountDownLatch stop = new CountDownLatch(1);
    Thread stopping = new Thread(stop::countDown, "kerf-stop");
    Runtime.getRuntime().addShutdownHook(stopping);
    do {
      boolean done = look(writer);
      if (once) {
        Runtime.getRuntime().removeShutdownHook(stopping);
        return done ? 0 : 1;
      }
    } while (!stop.await(LOOK_SECONDS, TimeUnit.SECONDS));
    return 0;
  }

  private boolean look(InventoryWriter writer) {
    try {
      String record = Files.readString(file).strip();
      if (!record.equals(written) || looks++ >= LOOKS_WITHOUT_READING) {
        if (writer.write(record)) {
          LOG.atInfo().addKeyValue(LogKeys.NODE, node).log("The inventory is written.");
        }
        written = record;
        looks = 0;
      }
      problem = "";
      return true;
    } catch (NoSuchFileException e) {
      tell("There is no file " + file + " yet.");
    } catch (IOException | WireException e) {
      tell(String.valueOf(e.getMessage()));
    }
    return false;
  }

  /** Once for each problem: it is looked at again and again. */
  private void tell(String now) {
    if (!now.equals(problem)) {
      problem = now;
      LOG.atWarn()
          .addKeyValue(LogKeys.NODE, node)
          .addKeyValue(LogKeys.PROBLEM, now)
          .log("The inventory is not written; it is tried again.");
    }
  }
}
