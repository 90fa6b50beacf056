package gpu.kerf.extender.certificate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The folder from which the webhook's server reads the certificate: {@code tls.crt}, {@code
 * tls.key}, {@code ca.crt}.
 */
final class CertificateFolder {
  private final Path folder;

  CertificateFolder(Path folder) {
    this.folder = folder;
  }

  void write(Bundle bundle) throws IOException {
    Files.createDirectories(folder);
    write("ca.crt", bundle.authorities());
    write("tls.key", bundle.key());
    write("tls.crt", bundle.certificate());
  }

  /** No reader ever sees half of a file, and no other user the key. */
  private void write(String name, String text) throws IOException {
    var mine = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    Path fresh = Files.createTempFile(folder, "." + name, "", mine);
    Files.writeString(fresh, text);
    Files.move(
        fresh,
        folder.resolve(name),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }
}
