package gpu.kerf.extender.http;

import gpu.kerf.extender.settings.Settings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.KeyManager;
import javax.net.ssl.X509KeyManager;

/**
 * The certificate, the key and the client authorities as they stand in their files at one moment.
 *
 * <p>The server accepts a key that does not belong to its certificate without an error, and then
 * every handshake fails. So {@link #read} tests whether the certificate can verify a signature of
 * the key.
 */
record Certificates(Buffer certificate, Buffer key, Buffer authorities, Instant expires) {

  /** The files are no use; the message says which and why. */
  static final class UnusableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UnusableException(String message) {
      super(message);
    }
  }

  private static final List<String> KEY_TYPES = List.of("RSA", "EC", "EdDSA", "Ed25519", "DSA");

  /** Reads the files; fails with an {@link UnusableException}. */
  static Future<Certificates> read(Vertx vertx, String group, Settings.Tls files) {
    return vertx.executeBlocking(() -> new Reading(vertx, group, files).read(), false);
  }

  /**
   * The files while they are read.
   *
   * @param group the group of settings that names them
   */
  private record Reading(Vertx vertx, String group, Settings.Tls files) {

    Certificates read() {
      Buffer certificate = bytes(group + ".certificate", files.certificate());
      Buffer key = bytes(group + ".key", files.key());
      Buffer authorities =
          files.clientAuthorities().isEmpty()
              ? Buffer.buffer()
              : bytes(group + ".clientAuthorities", files.clientAuthorities());
      X509Certificate leaf = check(certificate, key);
      checkAuthorities(authorities);
      return new Certificates(certificate, key, authorities, leaf.getNotAfter().toInstant());
    }

    private X509Certificate check(Buffer certificate, Buffer key) {
      X509Certificate leaf;
      boolean match;
      try {
        PemKeyCertOptions pem = new PemKeyCertOptions().setCertValue(certificate).setKeyValue(key);
        KeyManager[] managers = pem.getKeyManagerFactory(vertx).getKeyManagers();
        X509KeyManager manager = (X509KeyManager) managers[0];
        String alias = alias(manager);
        leaf = manager.getCertificateChain(alias)[0];
        match = match(manager.getPrivateKey(alias), leaf.getPublicKey());
      } catch (Exception unreadable) { // the parsers throw many kinds on bytes that are no PEM
        throw unusable(String.valueOf(unreadable.getMessage()));
      }
      if (!match) {
        throw unusable("the key does not belong to the certificate.");
      }
      return leaf;
    }

    private UnusableException unusable(String why) {
      return new UnusableException(
          "%1$s.certificate (%2$s) and %1$s.key (%3$s) are not the PEM files of a certificate and its key: %4$s"
              .formatted(group, files.certificate(), files.key(), why));
    }

    private void checkAuthorities(Buffer authorities) {
      if (authorities.length() > 0) {
        try {
          new PemTrustOptions().addCertValue(authorities).getTrustManagerFactory(vertx);
        } catch (Exception unreadable) { // as above
          throw new UnusableException(
              group
                  + ".clientAuthorities ("
                  + files.clientAuthorities()
                  + ") is no PEM file of certificates: "
                  + unreadable.getMessage());
        }
      }
    }
  }

  private static Buffer bytes(String setting, String file) {
    try {
      return Buffer.buffer(Files.readAllBytes(Path.of(file)));
    } catch (NoSuchFileException missing) {
      throw new UnusableException(setting + " (" + file + ") does not exist.");
    } catch (IOException broken) {
      throw new UnusableException(setting + " (" + file + ") cannot be read: " + broken);
    }
  }

  private static String alias(X509KeyManager manager) {
    return KEY_TYPES.stream()
        .map(type -> manager.getServerAliases(type, null))
        .filter(Objects::nonNull)
        .flatMap(Arrays::stream)
        .findFirst()
        .orElseThrow(() -> new UnusableException("there is no key of a known kind."));
  }

  private static boolean match(PrivateKey key, PublicKey certified)
      throws GeneralSecurityException {
    if (!key.getAlgorithm().equals(certified.getAlgorithm())) {
      return false;
    }
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> key.getAlgorithm();
        };
    byte[] text = "kerf".getBytes(StandardCharsets.US_ASCII);
    Signature signer = Signature.getInstance(algorithm);
    signer.initSign(key);
    signer.update(text);
    Signature verifier = Signature.getInstance(algorithm);
    verifier.initVerify(certified);
    verifier.update(text);
    return verifier.verify(signer.sign());
  }

  /** What a server needs to know at its start. */
  void addTo(HttpServerOptions server) {
    server.setSsl(true).setUseAlpn(true).setKeyCertOptions(pair());
    if (authorities.length() > 0) {
      server.setClientAuth(ClientAuth.REQUIRED).setTrustOptions(trust());
    }
  }

  /** The same for a server that runs. */
  ServerSSLOptions options() {
    ServerSSLOptions options =
        new ServerSSLOptions()
            .setKeyCertOptions(pair())
            .setUseAlpn(true)
            .setApplicationLayerProtocols(List.of("h2", "http/1.1"));
    if (authorities.length() > 0) {
      options.setClientAuth(ClientAuth.REQUIRED).setTrustOptions(trust());
    }
    return options;
  }

  private PemKeyCertOptions pair() {
    return new PemKeyCertOptions().setCertValue(certificate).setKeyValue(key);
  }

  private PemTrustOptions trust() {
    return new PemTrustOptions().addCertValue(authorities);
  }
}
