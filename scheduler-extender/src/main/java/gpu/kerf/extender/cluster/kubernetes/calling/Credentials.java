package gpu.kerf.extender.cluster.kubernetes.calling;

import io.kubernetes.client.openapi.ApiClient;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The credentials for the API server that are in use now. Tokens of pods and certificates of users
 * are replaced in their files every hour, without a notification. So Kerf checks the files at
 * intervals, and reads them at once when the API server refuses the credentials.
 */
final class Credentials {
  private static final Logger LOG = LoggerFactory.getLogger(Credentials.class);
  private static final long LOOK_NANOS = Duration.ofSeconds(30).toNanos();
  private static final long LEAST_NANOS = Duration.ofSeconds(1).toNanos();

  private final Source source;
  private final LongSupplier nanos;
  private String print;
  private long looked;
  private long renewed;
  private volatile Clients clients;

  /** Two clients, so that no call waits behind a watch. */
  record Clients(ApiClient calls, ApiClient watches) {}

  /** Where they come from. */
  interface Source {
    Clients read() throws AccessException;

    /** Differs when the files do. */
    String print();
  }

  Credentials(Source source, LongSupplier nanos) throws AccessException {
    this.source = source;
    this.nanos = nanos;
    this.print = source.print();
    this.clients = source.read();
    this.looked = nanos.getAsLong();
    this.renewed = looked - LEAST_NANOS;
  }

  /** Those that are in force, and read again if the files have changed. */
  Clients current() {
    lookAtFiles();
    return clients;
  }

  private synchronized void lookAtFiles() {
    if (nanos.getAsLong() - looked >= LOOK_NANOS) {
      looked = nanos.getAsLong();
      if (!source.print().equals(print)) {
        renew();
      }
    }
  }

  /** The API server refuses these; whether there are others to try. */
  synchronized boolean refused(Clients used) {
    if (!clients.equals(used)) {
      return true;
    }
    if (nanos.getAsLong() - renewed < LEAST_NANOS) {
      return false;
    }
    return renew();
  }

  private boolean renew() {
    renewed = nanos.getAsLong();
    try {
      String now = source.print();
      Clients old = clients;
      clients = source.read();
      print = now;
      // What is under way goes on with the old ones.
      old.calls.getHttpClient().connectionPool().evictAll();
      old.watches.getHttpClient().connectionPool().evictAll();
      LOG.info("The credentials for the API server were read again.");
      return true;
    } catch (AccessException e) {
      LOG.warn("The credentials for the API server could not be read again: {}", e.getMessage());
      return false;
    }
  }
}
