package gpu.kerf.extender.certificate;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Where all replicas keep the one certificate, and where the API server learns whom to believe. */
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
