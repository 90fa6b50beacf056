package gpu.kerf.extender.cluster.kubernetes.installation;

import gpu.kerf.extender.cluster.MissingPart;
import gpu.kerf.extender.cluster.kubernetes.calling.ApiServer;
import gpu.kerf.extender.cluster.kubernetes.calling.Threads;
import gpu.kerf.extender.telemetry.LogKeys;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks the installation after the start and again and again, on a thread of its own, so that what
 * was put right is no longer reported. Each change has a line in the log.
 */
public final class InstallationWatch implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(InstallationWatch.class);

  /** Kerf itself makes some of it at its start. */
  private static final Duration FIRST = Duration.ofSeconds(5);

  private static final Duration WHILE_SOMETHING_IS_MISSING = Duration.ofSeconds(30);
  private static final Duration OTHERWISE = Duration.ofMinutes(10);

  private final ApiServer server;
  private final InstallationCheck check;
  private final Threads threads;
  private volatile List<MissingPart> missing = List.of();

  public InstallationWatch(ApiServer server, InstallationCheck check, Threads threads) {
    this.server = server;
    this.check = check;
    this.threads = threads;
  }

  /** What was missing when it was last looked at. */
  public List<MissingPart> missing() {
    return missing;
  }

  @Override
  public void run() {
    try {
      threads.sleep(FIRST);
      while (true) {
        boolean whole = attempt() && missing.isEmpty();
        threads.sleep(whole ? OTHERWISE : WHILE_SOMETHING_IS_MISSING);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Looks once; false if the API server did not answer, and what was known stands. */
  public boolean attempt() {
    try {
      List<MissingPart> now = check.look(server);
      List<MissingPart> before = missing;
      missing = List.copyOf(now);
      now.stream().filter(part -> !before.contains(part)).forEach(InstallationWatch::tell);
      before.stream()
          .filter(part -> !now.contains(part))
          .forEach(
              part -> LOG.atInfo().addKeyValue(LogKeys.PROBLEM, part.what()).log("Put right."));
      return true;
    } catch (IOException e) {
      LOG.atInfo()
          .addKeyValue(LogKeys.PROBLEM, String.valueOf(e.getMessage()))
          .log("The installation could not be checked; it is tried again.");
      return false;
    }
  }

  private static void tell(MissingPart part) {
    LOG.atWarn()
        .addKeyValue(LogKeys.PROBLEM, part.what())
        .addKeyValue(LogKeys.HINT, part.hint())
        .log("Something is missing in the cluster.");
  }
}
