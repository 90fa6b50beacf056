package gpu.kerf.extender.http;

import gpu.kerf.extender.Await;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate for this machine that has signed itself, made by the JDK's keytool. */
public record TestCertificate(KeyStore store, X509Certificate certificate, Key key) {
  public static final char[] PASSWORD = "kerf-test".toCharArray();

  public static TestCertificate make(Path folder, String name, String algorithm) {
    Path file = folder.resolve(name + ".p12");
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    try {
      Process process =
          new ProcessBuilder(
                  List.of(
                      keytool,
                      "-genkeypair",
                      "-alias",
                      name,
                      "-dname",
                      "CN=" + name,
                      "-keyalg",
                      algorithm,
                      "-validity",
                      "2",
                      "-storetype",
                      "PKCS12",
                      "-keystore",
                      file.toString(),
                      "-storepass",
                      new String(PASSWORD),
                      "-ext",
                      "SAN=dns:localhost,ip:127.0.0.1"))
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve(name + ".log").toFile())
              .start();
      if (!process.waitFor(Await.LONG.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new AssertionError(Files.readString(folder.resolve(name + ".log")));
      }
      KeyStore store = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(file)) {
        store.load(in, PASSWORD);
      }
      X509Certificate certificate = (X509Certificate) store.getCertificate(name);
      return new TestCertificate(store, certificate, store.getKey(name, PASSWORD));
    } catch (IOException | GeneralSecurityException | InterruptedException failed) {
      throw new AssertionError(failed);
    }
  }

  public String certificatePem() {
    try {
      return pem("CERTIFICATE", certificate.getEncoded());
    } catch (GeneralSecurityException impossible) {
      throw new AssertionError(impossible);
    }
  }

  public String keyPem() {
    return pem("PRIVATE KEY", key.getEncoded());
  }

  /** Trusts it, and no other certificate. */
  public SSLContext trusting() {
    try {
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry("it", certificate);
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static String pem(String what, byte[] bytes) {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    return "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n";
  }
}
