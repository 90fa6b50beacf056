package gpu.kerf.extender.measure;

import gpu.kerf.extender.controlplane.KubeScheduler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** What a kube-scheduler says of its own work. It made its certificate itself. */
final class SchedulerMetrics {
  private static final String BOUND =
      "scheduler_schedule_attempts_total{profile=\"%s\",result=\"scheduled\"}";

  private final HttpClient http;
  private final URI uri;
  private final String series;

  SchedulerMetrics(KubeScheduler scheduler, String profile) throws GeneralSecurityException {
    SSLContext anybody = SSLContext.getInstance("TLS");
    anybody.init(null, new TrustManager[] {new Anybody()}, null);
    this.http = HttpClient.newBuilder().sslContext(anybody).build();
    this.uri = URI.create(scheduler.address() + "/metrics");
    this.series = BOUND.formatted(profile);
  }

  /** How many pods it has bound; 0 while it does not answer yet. */
  long bound() throws InterruptedException {
    try {
      return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofLines())
          .body()
          .filter(line -> line.startsWith(series))
          .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' '))))
          .sum();
    } catch (IOException | UncheckedIOException notYet) {
      return 0;
    }
  }

  private static final class Anybody extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
