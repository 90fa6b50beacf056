package gpu.kerf.extender.controlplane;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Who may speak to an API server: a token for every user, and a kubeconfig that carries it. The
 * certificate is the one that the API server makes for itself when it starts.
 */
final class Access {
  static final String ADMIN = "admin";
  static final String SCHEDULER = "system:kube-scheduler";
  static final String CONTROLLERS = "system:kube-controller-manager";
  static final String KWOK = "kwok";

  private final Path folder;
  private final String server;
  private final List<String> users;

  private Access(Path folder, String server, List<String> users) {
    this.folder = folder;
    this.server = server;
    this.users = users;
  }

  static Access write(Path folder, String server, List<String> more) throws IOException {
    List<String> users = new ArrayList<>(List.of(ADMIN, SCHEDULER, CONTROLLERS, KWOK));
    users.addAll(more);
    Access access = new Access(Files.createDirectories(folder), server, users);
    StringBuilder tokens = new StringBuilder();
    for (String user : users) {
      tokens.append(access.line(user));
      Files.writeString(access.kubeconfig(user), access.config(user));
    }
    Files.writeString(access.tokens(), tokens);
    access.writeServiceAccountKeys();
    return access;
  }

  /** The users with their tokens and groups, as kube-apiserver reads them. */
  Path tokens() {
    return folder.resolve("tokens.csv");
  }

  /** What tokens of service accounts are signed with. */
  Path signingKey() {
    return folder.resolve("service-accounts.key");
  }

  Path verifyingKey() {
    return folder.resolve("service-accounts.pub");
  }

  /** Where the API server keeps its certificate. */
  Path certificates() {
    return folder.resolve("certificates");
  }

  Path certificate() {
    return certificates().resolve("apiserver.crt");
  }

  Path kubeconfig(String user) {
    if (!users.contains(user)) {
      throw new IllegalArgumentException(
          "User %s has no token, only %s have.\nMaybe name it in the options: Options.defaults().user(\"%s\")."
              .formatted(user, users, user));
    }
    return folder.resolve(user.replaceAll("[^A-Za-z0-9.-]", "-") + ".kubeconfig");
  }

  /**
   * A token that need not be a secret: it opens an API server on loopback that lives for a test.
   */
  String token(String user) {
    return "token-of-" + user.replace(':', '-');
  }

  private String line(String user) {
    String groups =
        switch (user) {
          case ADMIN, CONTROLLERS, KWOK -> "system:masters";
          default -> groupByName(user);
        };
    return "%s,\"%s\",\"%s\"%s%n"
        .formatted(token(user), user, user, groups.isEmpty() ? "" : ",\"" + groups + "\"");
  }

  private static String groupByName(String user) {
    if (user.startsWith("system:node:")) {
      return "system:nodes";
    }
    return user.startsWith("system:serviceaccount:") ? "system:serviceaccounts" : "";
  }

  private String config(String user) {
    return """
        apiVersion: v1
        kind: Config
        current-context: test
        clusters:
        - name: test
          cluster: {server: "%s", certificate-authority: "%s"}
        users:
        - name: "%s"
          user: {token: "%s"}
        contexts:
        - name: test
          context: {cluster: test, user: "%s"}
        """
        .formatted(server, certificate(), user, token(user), user);
  }

  private void writeServiceAccountKeys() throws IOException {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      KeyPair keys = generator.generateKeyPair();
      Files.writeString(signingKey(), pem("PRIVATE KEY", keys.getPrivate()));
      Files.writeString(verifyingKey(), pem("PUBLIC KEY", keys.getPublic()));
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static String pem(String kind, Key key) {
    Base64.Encoder encoder = Base64.getMimeEncoder(64, new byte[] {'\n'});
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
        .formatted(kind, encoder.encodeToString(key.getEncoded()));
  }
}
