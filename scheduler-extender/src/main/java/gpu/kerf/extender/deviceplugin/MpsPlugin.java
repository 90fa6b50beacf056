package gpu.kerf.extender.deviceplugin;

import gpu.kerf.extender.telemetry.LogKeys;
import gpu.kerf.extender.wire.Mps;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands the two folders of the node's MPS daemon to containers that have the limit {@code
 * kerf.gpu/mps}. The kubelet mounts them, so that no pod and no namespace needs a host path.
 *
 * <p>The devices that it offers stand for clients and are all alike; they are healthy while the
 * daemon's folders are there. One thread calls {@link #look} at intervals: it registers the devices
 * again after the kubelet has restarted, because a restarted kubelet removes every plugin's socket.
 */
public final class MpsPlugin {
  private static final Logger LOG = LoggerFactory.getLogger(MpsPlugin.class);

  /** Where the kubelet and its plugins meet. */
  public static final Path FOLDER = Path.of("/var/lib/kubelet/device-plugins");

  private static final String SOCKET = "kerf-mps.sock";
  private static final String KUBELET = "kubelet.sock";
  private static final String SERVICE = "/v1beta1.DevicePlugin/";
  private static final String REGISTER = "/v1beta1.Registration/Register";

  private final Vertx vertx;
  private final Places places;
  private final int clients;
  private final HttpClient client;
  private final List<HttpServerResponse> listeners = new ArrayList<>();
  private @Nullable HttpServer server;
  private @Nullable Object registeredAt;
  private volatile boolean healthy;

  /**
   * Where things are.
   *
   * @param plugins the folder of the kubelet and its plugins
   * @param pipes the daemon's pipes, on the host and here
   * @param shm the daemon's memory, on the host and here
   */
  public record Places(Path plugins, Path pipes, Path shm) {
    public static final Places USUAL = new Places(FOLDER, Path.of(Mps.PIPES), Path.of(Mps.SHM));
  }

  /**
   * @param clients how many containers of the node may have the daemon at once
   */
  public MpsPlugin(Vertx vertx, Places places, int clients) {
    this.vertx = vertx;
    this.places = places;
    this.clients = clients;
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false)
                .setKeepAlive(false));
  }

  /** Looks whether the daemon is there, and whether the kubelet knows of this; may block. */
  public Future<Void> look() throws IOException {
    boolean now = Files.isDirectory(places.pipes) && Files.isDirectory(places.shm);
    Object kubelet = identity(places.plugins.resolve(KUBELET));
    boolean there = Files.exists(places.plugins.resolve(SOCKET));
    if (kubelet == null) {
      return change(now);
    }
    if (there && kubelet.equals(registeredAt)) {
      return change(now);
    }
    Files.deleteIfExists(places.plugins.resolve(SOCKET));
    return change(now)
        .compose(nothing -> listen())
        .compose(nothing -> register())
        .onSuccess(
            nothing -> {
              registeredAt = kubelet;
              LOG.atInfo().addKeyValue(LogKeys.COUNT, clients).log("The kubelet knows of MPS.");
            });
  }

  /** What tells one socket from the next of the same name; null if there is none. */
  private static @Nullable Object identity(Path socket) throws IOException {
    try {
      BasicFileAttributes found = Files.readAttributes(socket, BasicFileAttributes.class);
      return found.fileKey() + " " + found.creationTime() + " " + found.lastModifiedTime();
    } catch (NoSuchFileException missing) {
      return null;
    }
  }

  private Future<Void> change(boolean now) {
    if (now != healthy) {
      healthy = now;
      return onLoop(() -> listeners.forEach(each -> each.write(Grpc.frame(devices()))));
    }
    return Future.succeededFuture();
  }

  private Future<Void> onLoop(Runnable action) {
    return vertx.timer(1).onSuccess(id -> action.run()).mapEmpty();
  }

  private Future<Void> listen() {
    HttpServer old = server;
    HttpServer created = vertx.createHttpServer().requestHandler(this::handle);
    server = created;
    Future<Void> closed = old == null ? Future.succeededFuture() : old.close().otherwiseEmpty();
    return closed
        .compose(
            nothing ->
                created.listen(
                    SocketAddress.domainSocketAddress(places.plugins.resolve(SOCKET).toString())))
        .mapEmpty();
  }

  private Future<Void> register() {
    Protobuf request =
        new Protobuf()
            .text(1, "v1beta1")
            .text(2, SOCKET)
            .text(3, Mps.RESOURCE)
            .message(4, new Protobuf());
    String kubelet = places.plugins.resolve(KUBELET).toString();
    return Grpc.call(client, kubelet, REGISTER, request.bytes());
  }

  private void handle(HttpServerRequest request) {
    request
        .body()
        .onSuccess(
            body -> {
              try {
                call(String.valueOf(request.path()), body, request.response());
              } catch (IllegalArgumentException nonsense) {
                String why = String.valueOf(nonsense.getMessage());
                Grpc.refuse(request.response(), Grpc.INVALID_ARGUMENT, why);
              }
            });
  }

  private void call(String path, Buffer body, HttpServerResponse response) {
    switch (path) {
      case SERVICE + "GetDevicePluginOptions", SERVICE + "PreStartContainer" ->
          Grpc.answer(response, new byte[0]);
      case SERVICE + "ListAndWatch" -> list(response);
      case SERVICE + "Allocate" -> allocate(body, response);
      default -> Grpc.refuse(response, Grpc.UNIMPLEMENTED, "There is no " + path + " here.");
    }
  }

  private void list(HttpServerResponse response) {
    listeners.add(response);
    response.exceptionHandler(gone -> listeners.remove(response));
    response.closeHandler(gone -> listeners.remove(response));
    Grpc.begin(response).write(Grpc.frame(devices()));
  }

  private byte[] devices() {
    Protobuf list = new Protobuf();
    String health = healthy ? "Healthy" : "Unhealthy";
    for (int i = 0; i < clients; i++) {
      list.message(1, new Protobuf().text(1, "client-" + i).text(2, health));
    }
    return list.bytes();
  }

  private void allocate(Buffer body, HttpServerResponse response) {
    int containers = Protobuf.count(Grpc.only(body), 1);
    if (!healthy) {
      // A folder that the runtime makes would have no daemon behind it, and a client no limit.
      Grpc.refuse(
          response, Grpc.UNAVAILABLE, "No MPS daemon has made " + Mps.PIPES + " on this node.");
      return;
    }
    Protobuf answer = new Protobuf();
    for (int i = 0; i < containers; i++) {
      answer.message(
          1,
          new Protobuf()
              .message(2, mount(Mps.PIPES, Mps.PIPES))
              .message(2, mount("/dev/shm", Mps.SHM)));
    }
    Grpc.answer(response, answer.bytes());
  }

  private static Protobuf mount(String inside, String host) {
    return new Protobuf().text(1, inside).text(2, host).truth(3, false);
  }
}
