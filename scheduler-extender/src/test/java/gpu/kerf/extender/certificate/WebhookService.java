package gpu.kerf.extender.certificate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * The Service that the shipped webhook configurations name, leading to a port of this machine. The
 * API server needs {@code --enable-aggregator-routing} to find it where nothing routes its address.
 */
public final class WebhookService {
  private WebhookService() {}

  /** By which this machine goes out: no Service may lead to loopback. */
  static InetAddress address() throws IOException {
    try (DatagramSocket nothingIsSent = new DatagramSocket()) {
      nothingIsSent.connect(new InetSocketAddress("192.0.2.1", 9));
      return nothingIsSent.getLocalAddress();
    }
  }

  public static String leadingTo(int port) {
    try {
      return """
      apiVersion: v1
      kind: Service
      metadata: {name: kerf-webhook, namespace: kerf-system}
      spec: {ports: [{name: webhook, port: 443, targetPort: %1$d}]}
      ---
      apiVersion: discovery.k8s.io/v1
      kind: EndpointSlice
      metadata:
        name: kerf-webhook-1
        namespace: kerf-system
        labels: {kubernetes.io/service-name: kerf-webhook}
      addressType: IPv4
      ports: [{name: webhook, port: %1$d, protocol: TCP}]
      endpoints: [{addresses: ["%2$s"], conditions: {ready: true}}]
      ---
      # Where API servers before 1.34 look.
      apiVersion: v1
      kind: Endpoints
      metadata:
        name: kerf-webhook
        namespace: kerf-system
        labels: {endpointslice.kubernetes.io/skip-mirror: "true"}
      subsets: [{addresses: [{ip: "%2$s"}], ports: [{name: webhook, port: %1$d, protocol: TCP}]}]
      """
          .formatted(port, address().getHostAddress());
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }
}
