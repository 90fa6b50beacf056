package gpu.kerf.extender.cluster.kubernetes.calling;

import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.util.ClientBuilder;
import io.kubernetes.client.util.KubeConfig;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Finds the API server and the credentials for it: a kubeconfig file that is named, those of a pod,
 * the file that KUBECONFIG names, or {@code ~/.kube/config}.
 *
 * <p>The Kubernetes client library handles TLS, certificates, credential plugins and changing
 * tokens. Kerf does not use its models and informers, because they refuse every object with a field
 * that is newer than the library.
 */
public final class Access {

  private static final Duration TOKEN_REFRESH = Duration.ofMinutes(1);
  private static final Duration CONNECT = Duration.ofSeconds(2);

  private final Map<String, String> environment;
  private final Path home;
  private final LongSupplier nanos;

  public Access(Map<String, String> environment, Path home) {
    this(environment, home, System::nanoTime);
  }

  Access(Map<String, String> environment, Path home, LongSupplier nanos) {
    this.environment = environment;
    this.home = home;
    this.nanos = nanos;
  }

  /** How patient requests are. */
  public record Patience(Duration call, Duration silence) {}

  /**
   * Two clients, so that no call waits behind a watch, and none of them waits for ever.
   *
   * @param kubeconfig empty to look in the usual places
   */
  public ApiServer connect(String kubeconfig, Patience patience) throws AccessException {
    return new HttpApiServer(new Credentials(source(kubeconfig, patience), nanos), patience);
  }

  /** The namespace of the pod, or of the kubeconfig's context. */
  public String namespace(String kubeconfig) throws AccessException {
    Path file = file(kubeconfig);
    try {
      if (file.equals(CredentialFiles.POD_TOKEN)) {
        return Files.readString(file.resolveSibling("namespace")).strip();
      }
      try (Reader reader = Files.newBufferedReader(file)) {
        String named = KubeConfig.loadKubeConfig(reader).getNamespace();
        return named == null || named.isEmpty() ? "default" : named;
      }
    } catch (IOException | RuntimeException e) {
      throw new AccessException("The namespace of Kerf is not known: " + e.getMessage() + ".", e);
    }
  }

  private Credentials.Source source(String kubeconfig, Patience patience) {
    return new Credentials.Source() {
      @Override
      public Credentials.Clients read() throws AccessException {
        ApiClient calls = client(kubeconfig);
        ApiClient watches = client(kubeconfig);
        limit(calls, patience.call(), patience.call());
        limit(watches, patience.silence(), Duration.ZERO);
        return new Credentials.Clients(calls, watches);
      }

      @Override
      public String print() {
        try {
          return CredentialFiles.print(file(kubeconfig));
        } catch (AccessException e) {
          return ""; // reading it will say what is wrong
        }
      }
    };
  }

  /** The library waits for ever by default. */
  private static void limit(ApiClient client, Duration read, Duration whole) {
    client.setHttpClient(
        client
            .getHttpClient()
            .newBuilder()
            .connectTimeout(CONNECT)
            .readTimeout(read)
            .writeTimeout(read)
            .callTimeout(whole)
            .addInterceptor(new SentOnce())
            .build());
  }

  private ApiClient client(String kubeconfig) throws AccessException {
    Path file = file(kubeconfig);
    return file.equals(CredentialFiles.POD_TOKEN) ? ofPod() : fromFile(file, who(kubeconfig));
  }

  private String who(String kubeconfig) {
    if (!kubeconfig.isEmpty()) {
      return "cluster.kubeconfig";
    }
    return environment.getOrDefault("KUBECONFIG", "").isEmpty()
        ? "the home directory"
        : "KUBECONFIG";
  }

  /** Where the credentials are: a kubeconfig file, or the token of the pod. */
  private Path file(String kubeconfig) throws AccessException {
    if (!kubeconfig.isEmpty()) {
      return Path.of(kubeconfig);
    }
    if (environment.containsKey("KUBERNETES_SERVICE_HOST")
        && Files.isReadable(CredentialFiles.POD_TOKEN)) {
      return CredentialFiles.POD_TOKEN;
    }
    for (String file : environment.getOrDefault("KUBECONFIG", "").split(":", -1)) {
      if (!file.isEmpty()) {
        return Path.of(file);
      }
    }
    Path usual = home.resolve(".kube").resolve("config");
    if (Files.exists(usual)) {
      return usual;
    }
    throw new AccessException(
        "There is no cluster to serve: this is not a pod with a service account, KUBECONFIG is not"
            + " set, and there is no file "
            + usual
            + ".\nName one with --kubeconfig FILE; kerf demo needs no cluster.");
  }

  private static ApiClient ofPod() throws AccessException {
    try {
      return ClientBuilder.cluster().build();
    } catch (IOException | IllegalArgumentException e) {
      throw new AccessException(
          "The credentials of this pod cannot be used: " + e.getMessage() + ".", e);
    }
  }

  private static ApiClient fromFile(Path file, String who) throws AccessException {
    if (!Files.exists(file)) {
      throw new AccessException(
          "The kubeconfig file (" + file + ") that " + who + " names does not exist.");
    }
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      KubeConfig config = KubeConfig.loadKubeConfig(reader);
      config.setFile(file.toFile());
      return ClientBuilder.kubeconfig(config, TOKEN_REFRESH).build();
    } catch (IOException | RuntimeException e) {
      throw new AccessException(
          "The kubeconfig file (" + file + ") cannot be used: " + e.getMessage() + ".", e);
    }
  }
}
