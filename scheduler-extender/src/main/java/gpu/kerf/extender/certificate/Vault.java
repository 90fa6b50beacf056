package gpu.kerf.extender.certificate;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The shared store of the certificate for all replicas, and of the authorities that the API server
 * trusts.
 */
public interface Vault {

  /**
   * What is kept.
   *
   * @param bundle null if there is nothing of use
   * @param version of this, and of nothing that was kept before or will be
   */
  record Kept(@Nullable Bundle bundle, String version) {}

  Kept read() throws IOException;

  /** Keeps another instead; false if meanwhile another replica has done so. */
  boolean replace(String version, Bundle bundle) throws IOException;

  /** Tells the API server whose certificates it shall believe the webhook. */
  void believe(String authorities) throws IOException;
}
