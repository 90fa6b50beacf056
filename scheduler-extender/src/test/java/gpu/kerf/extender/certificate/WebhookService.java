package gpu.kerf.extender.certificate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * The Services of the manifests, leading to a port of this machine. The API server needs {@code
 * --enable-aggregator-routing} to find it where nothing routes its address.
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
    return service("kerf-webhook", "webhook", 443, port);
  }

  /** Where people and Prometheus look. The API server's proxy leads to pods alone. */
  public static String observersLeadingTo(int port) {
    return """
    apiVersion: v1
    kind: Pod
    metadata: {name: kerf-1, namespace: kerf-system}
    spec:
      securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: kerf
        image: kerf
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
    ---
    """
        + service("kerf", "metrics", 8880, port);
  }

  /** The status of that pod, as a patch. */
  public static String observersStatus() {
    try {
      String ip = address().getHostAddress();
      return "{\"status\":{\"podIP\":\"%1$s\",\"podIPs\":[{\"ip\":\"%1$s\"}]}}".formatted(ip);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private static String service(String name, String portName, int ownPort, int port) {
    try {
      return """
      apiVersion: v1
      kind: Service
      metadata: {name: %3$s, namespace: kerf-system}
      spec: {ports: [{name: %4$s, port: %5$d, targetPort: %1$d}]}
      ---
      apiVersion: discovery.k8s.io/v1
      kind: EndpointSlice
      metadata:
        name: %3$s-1
        namespace: kerf-system
        labels: {kubernetes.io/service-name: %3$s}
      addressType: IPv4
      ports: [{name: %4$s, port: %1$d, protocol: TCP}]
      endpoints: [{addresses: ["%2$s"], conditions: {ready: true}}]
      ---
      # Where API servers before 1.34 look.
      apiVersion: v1
      kind: Endpoints
      metadata:
        name: %3$s
        namespace: kerf-system
        labels: {endpointslice.kubernetes.io/skip-mirror: "true"}
      subsets:
      - addresses: [{ip: "%2$s", targetRef: {kind: Pod, name: %3$s-1, namespace: kerf-system}}]
        ports: [{name: %4$s, port: %1$d, protocol: TCP}]
      """
          .formatted(port, address().getHostAddress(), name, portName, ownPort);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }
}
