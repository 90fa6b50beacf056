package gpu.kerf.extender.http;

import gpu.kerf.extender.settings.AdmissionSettings;
import gpu.kerf.extender.settings.ByteCount;
import gpu.kerf.extender.settings.Settings;

/**
 * One port of the service: where it listens, with which certificates, and what stands behind it.
 *
 * @param name what metrics and the log call it
 * @param tlsGroup the group of settings that names its certificates
 * @param limits of what comes through it
 * @param pages whether health, metrics and the API are behind it, beside the verbs
 * @param console whether the console is, too
 */
public record ServerPort(
    String name,
    String host,
    int port,
    String tlsGroup,
    Settings.Tls tls,
    Settings.Limits limits,
    boolean pages,
    boolean console) {

  /** A pod that the API server stores is shorter, and a change shows it twice. */
  private static final ByteCount LONGEST_REVIEW = ByteCount.mib(4);

  /** The one through which kube-scheduler comes. */
  public static ServerPort verbs(Settings settings) {
    Settings.Listen listen = settings.listen();
    return new ServerPort(
        "verbs",
        listen.host(),
        listen.port(),
        "tls",
        settings.tls(),
        settings.limits(),
        true,
        listen.console());
  }

  /** The one through which the API server comes. */
  public static ServerPort webhook(Settings settings) {
    AdmissionSettings admission = settings.admission();
    Settings.Tls tls =
        new Settings.Tls(
            admission.certificate(),
            admission.key(),
            admission.clientAuthorities(),
            settings.tls().checkEvery());
    return new ServerPort(
        "webhook",
        admission.host(),
        admission.port(),
        "admission",
        tls,
        settings.limits().withBodies(LONGEST_REVIEW),
        false,
        false);
  }

  String address(int actualPort) {
    return host + ":" + actualPort;
  }
}
