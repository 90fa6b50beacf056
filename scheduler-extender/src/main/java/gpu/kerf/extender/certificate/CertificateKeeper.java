package gpu.kerf.extender.certificate;

import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.telemetry.Metric;
import gpu.kerf.extender.telemetry.Metrics;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes and renews the webhook's certificate, so that the API server always trusts it.
 *
 * <pre>
 *   no valid certificate is stored, or two thirds of its lifetime are over
 *        |  a replica makes one and stores it; the other replicas take the stored one
 *        v
 *   the webhook configurations trust the new authority and the one before it
 *        |  a pause, until every API server has read the configurations
 *        v
 *   the webhook serves the new certificate
 * </pre>
 *
 * <p>Every replica can repeat each step at any time, so that no replica needs to know how far
 * another one came.
 */
public final class CertificateKeeper implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(CertificateKeeper.class);

  /** API servers hear of a change within a second; this is for those that are busy. */
  static final Duration HEARD = Duration.ofMinutes(1);

  private static final int ATTEMPTS = 5;
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);

  private final Vault vault;
  private final CertificateFolder folder;
  private final CertificateMaker maker;
  private final InstantSource clock;
  private final Metrics metrics;
  private final CertificateOptions options;
  private @Nullable Bundle shown;

  /**
   * What is wanted.
   *
   * @param names under which the API server calls the webhook
   * @param folder where the webhook's server finds it
   * @param every how often to look after it
   */
  public record CertificateOptions(
      List<String> names, Path folder, Duration validity, Duration every) {}

  public CertificateKeeper(
      Vault vault, CertificateOptions options, InstantSource clock, Metrics metrics) {
    this.vault = vault;
    this.options = options;
    this.folder = new CertificateFolder(options.folder);
    this.maker = new CertificateMaker(options.names, options.validity);
    this.clock = clock;
    this.metrics = metrics;
  }

  @Override
  public void run() {
    try {
      while (true) {
        Thread.sleep((attempt() ? options.every : AFTER_FAILURE).toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean attempt() {
    try {
      look();
      return true;
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      metrics.count(Metric.CERTIFICATES, "failed");
      LOG.atWarn()
          .addKeyValue(LogKeys.PROBLEM, String.valueOf(e.getMessage()))
          .log("The webhook's certificate could not be looked after; it is tried again.");
      return false;
    }
  }

  /** Does what is due. */
  public void look() throws IOException, GeneralSecurityException {
    Bundle good = good();
    vault.believe(good.authorities());
    if (!good.equals(shown) && mayBeShown(good)) {
      folder.write(good);
      shown = good;
      LOG.atInfo().addKeyValue(LogKeys.FILE, options.folder).log("The webhook has a certificate.");
    }
  }

  /** What all replicas agree on. */
  private Bundle good() throws IOException, GeneralSecurityException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Vault.Kept kept = vault.read();
      Instant now = clock.instant();
      Bundle bundle = kept.bundle();
      if (bundle != null && bundle.isGood(options.names, now)) {
        return bundle;
      }
      Bundle fresh = maker.make(now, bundle == null ? "" : bundle.believed(now));
      if (vault.replace(kept.version(), fresh)) {
        metrics.count(Metric.CERTIFICATES, "made");
        LOG.info("A certificate for the webhook was made.");
        return fresh;
      }
    }
    throw new IOException("Others were faster " + ATTEMPTS + " times.");
  }

  /** At once where what is shown now is none, or is believed no more. */
  private boolean mayBeShown(Bundle good) throws GeneralSecurityException {
    return shown == null
        || !good.vouchesFor(shown)
        || !clock.instant().isBefore(good.made().plus(HEARD));
  }
}
