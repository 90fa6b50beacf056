package gpu.kerf.extender.http;

import gpu.kerf.extender.settings.AdmissionSettings;
import gpu.kerf.extender.settings.ByteCount;
import gpu.kerf.extender.settings.Settings;

/**
 * One port of the service: its address, its certificates, its limits, and the groups of paths that
 * it serves.
 *
 * @param name its name in metrics and in the log
 * @param tlsGroup the group of settings that names its certificates
 * @param limits of its connections and requests
 * @param pages whether it serves health, metrics and the API beside the verbs
 * @param console whether it also serves the console
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
