import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate of this machine that signs itself; the key is in the same folder. */
record ServerCertificate(Path keyStore, String pem, KeyStore store) {
  static final String PASSWORD = "training";

  static ServerCertificate make(Path folder)
      throws IOException, InterruptedException, GeneralSecurityException {
    Path file = folder.resolve("training.p12");
    Files.deleteIfExists(file);
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    Process making =
        new ProcessBuilder(
                (keytool
                        + " -genkeypair -alias training -keyalg EC -groupname secp256r1"
                        + " -dname CN=127.0.0.1 -ext san=ip:127.0.0.1 -validity 2"
                        + " -storetype PKCS12 -storepass training -keystore ")
                    .concat(file.toString())
                    .split(" "))
            .inheritIO()
            .start();
    if (making.waitFor() != 0) {
      throw new IOException("keytool made no certificate.");
    }
    KeyStore store = KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
    String pem = pem("CERTIFICATE", store.getCertificate("training").getEncoded());
    Files.writeString(folder.resolve("tls.crt"), pem);
    byte[] key = store.getKey("training", PASSWORD.toCharArray()).getEncoded();
    Files.writeString(folder.resolve("tls.key"), pem("PRIVATE KEY", key));
    return new ServerCertificate(file, pem, store);
  }

  private static String pem(String kind, byte[] content) {
    String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return "-----BEGIN " + kind + "-----\n" + lines + "\n-----END " + kind + "-----\n";
  }

  /** For a client that trusts it alone. */
  SSLContext trusting() throws GeneralSecurityException, IOException {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("training", store.getCertificate("training"));
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    return context;
  }
}
