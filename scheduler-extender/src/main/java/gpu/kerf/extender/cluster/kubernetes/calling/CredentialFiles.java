package gpu.kerf.extender.cluster.kubernetes.calling;

import io.kubernetes.client.util.KubeConfig;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The files that hold the credentials: a kubeconfig file and the files that it names. */
final class CredentialFiles {
  static final Path POD_TOKEN = Path.of("/var/run/secrets/kubernetes.io/serviceaccount/token");

  private CredentialFiles() {}

  /** Differs when one of the files does; a kubelet replaces them by links, so times say nothing. */
  static String print(Path file) {
    StringBuilder print = new StringBuilder();
    for (Path each : files(file)) {
      print.append(each).append(' ').append(contents(each)).append('\n');
    }
    return print.toString();
  }

  private static int contents(Path file) {
    try {
      return Arrays.hashCode(Files.readAllBytes(file));
    } catch (IOException e) {
      return -1;
    }
  }

  private static List<Path> files(Path file) {
    if (file.equals(POD_TOKEN)) {
      return List.of(file, file.resolveSibling("ca.crt"));
    }
    List<Path> files = new ArrayList<>(List.of(file));
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      KubeConfig config = KubeConfig.loadKubeConfig(reader);
      add(config.getCertificateAuthorityFile(), file, files);
      add(config.getClientCertificateFile(), file, files);
      add(config.getClientKeyFile(), file, files);
      for (Object user : config.getUsers()) {
        if (user instanceof Map<?, ?> named && named.get("user") instanceof Map<?, ?> fields) {
          add((String) fields.get("tokenFile"), file, files);
        }
      }
    } catch (IOException | RuntimeException e) {
      return files; // half written, perhaps; it differs from the whole one
    }
    return files;
  }

  private static void add(@Nullable String name, Path file, List<Path> files) {
    if (name != null) {
      files.add(file.resolveSibling(name));
    }
  }
}
