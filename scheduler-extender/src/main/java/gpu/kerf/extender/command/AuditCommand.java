package gpu.kerf.extender.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.audit.Audit;
import gpu.kerf.extender.audit.AuditJson;
import gpu.kerf.extender.audit.AuditReport;
import gpu.kerf.extender.audit.AuditText;
import gpu.kerf.extender.audit.ClusterReader;
import gpu.kerf.extender.audit.ObjectFile;
import gpu.kerf.extender.audit.Rule.Level;
import gpu.kerf.extender.cluster.kubernetes.calling.Access;
import gpu.kerf.extender.cluster.kubernetes.calling.AccessException;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.reconciling.ClusterAudit;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code kerf audit}: which pod holds which part of which GPU, computed from objects of the API
 * server alone.
 */
@Command(
    name = "audit",
    description = {
      "Finds GPUs that are held twice, from the objects of the API server alone.",
      "",
      "It computes which pod holds which part of which GPU. It shares no code with the ledger by"
          + " which Kerf decides, asks no running Kerf, and changes nothing.",
      "",
      "It reads pods with their annotation kerf.gpu/placement, nodes with their inventories,"
          + " ResourceSlices and ResourceClaims. The right to list these is enough. If it finds a"
          + " problem, it reads everything a second time, and reports what it finds again.",
      ""
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:no part of a GPU is held twice, and every held part exists",
      "1:a part is held twice or does not exist; or the work failed",
      "2:wrong usage"
    },
    footer = {
      "",
      "Examples:",
      "  kerf audit --kubeconfig ~/.kube/config",
      "  kubectl get pods,nodes,resourceslices,resourceclaims -A -o json |",
      "    kerf audit -f -"
    },
    mixinStandardHelpOptions = true)
public final class AuditCommand implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration CALL = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofSeconds(2);

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = {
        "The kubeconfig of the cluster. Default: the credentials of the pod, else the file in"
            + " KUBECONFIG, else ~/.kube/config."
      })
  private @Nullable Path kubeconfig;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description =
          "Read objects from this file, as kubectl get -o json prints them, and not from a cluster;"
              + " - reads stdin.")
  private @Nullable String file;

  @Option(
      names = "--json",
      description = "Print the results as one JSON object, and nothing else to stdout.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    if (kubeconfig != null && file != null) {
      throw new ParameterException(
          spec.commandLine(), "--file reads objects from a file: leave --kubeconfig out.");
    }
    AuditReport report = file != null ? ofFile(file) : ofCluster();
    String text =
        json ? JSON.writeValueAsString(AuditJson.of(report)) + "\n" : AuditText.of(report);
    spec.commandLine().getOut().print(text);
    spec.commandLine().getOut().flush();
    return report.overlaps().isEmpty() && report.of(Level.INVALID).isEmpty() ? 0 : 1;
  }

  private AuditReport ofCluster() throws IOException {
    Access access = new Access(System.getenv(), Path.of(System.getProperty("user.home", "/")));
    String named = kubeconfig == null ? "" : kubeconfig.toString();
    try (ApiServer server = access.connect(named, new Access.Patience(CALL, CALL))) {
      ClusterAudit.Outcome outcome = audit(server);
      outcome.notes().forEach(note -> spec.commandLine().getErr().println("kerf audit: " + note));
      return outcome.report();
    } catch (AccessException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static ClusterAudit.Outcome audit(ApiServer server) throws IOException {
    try {
      return new ClusterAudit(server, PAUSE).run();
    } catch (IOException e) {
      throw new IOException("The API server " + server.address() + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("The audit was interrupted.", e);
    }
  }

  private static AuditReport ofFile(String file) throws IOException {
    ClusterReader reader = new ClusterReader();
    int objects;
    try (InputStream in = file.equals("-") ? System.in : Files.newInputStream(Path.of(file))) {
      objects = ObjectFile.read(in, reader);
    } catch (NoSuchFileException e) {
      throw new IOException("There is no file " + file + ".", e);
    } catch (JsonProcessingException e) {
      throw new IOException(
          file + " is not JSON: " + e.getOriginalMessage() + ".\nWrite it with kubectl -o json.",
          e);
    }
    if (objects == 0) {
      throw new IOException(
          "There is no pod, node, ResourceSlice or ResourceClaim in "
              + file
              + ".\nWrite it with kubectl get pods,nodes -A -o json.");
    }
    return Audit.of(reader.input());
  }
}
