package gpu.kerf.extender.deviceplugin;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;

/** gRPC over HTTP/2: each message with its length before it, and the status at the end. */
final class Grpc {
  static final int OK = 0;
  static final int INVALID_ARGUMENT = 3;
  static final int UNIMPLEMENTED = 12;
  static final int UNAVAILABLE = 14;

  private static final int PREFIX = 5;
  private static final String TYPE = "application/grpc";
  private static final String STATUS = "grpc-status";
  private static final String MESSAGE = "grpc-message";

  private Grpc() {}

  static Buffer frame(byte[] message) {
    return Buffer.buffer(PREFIX + message.length)
        .appendByte((byte) 0)
        .appendInt(message.length)
        .appendBytes(message);
  }

  /**
   * The one message of a body.
   *
   * @throws IllegalArgumentException if it has another number of them
   */
  static byte[] only(Buffer body) {
    boolean whole =
        body.length() >= PREFIX && body.getByte(0) == 0 && body.getInt(1) == body.length() - PREFIX;
    if (!whole) {
      throw new IllegalArgumentException("the body is not one message");
    }
    return body.getBytes(PREFIX, body.length());
  }

  /** Begins an answer of any number of messages. */
  static HttpServerResponse begin(HttpServerResponse response) {
    return response.putHeader("Content-Type", TYPE);
  }

  static void answer(HttpServerResponse response, byte[] message) {
    begin(response).write(frame(message));
    response.putTrailer(STATUS, "" + OK).end();
  }

  static void refuse(HttpServerResponse response, int status, String why) {
    begin(response).putHeader(STATUS, "" + status).putHeader(MESSAGE, why).end();
  }

  /** Calls a method of the server behind a socket; fails unless that answers OK. */
  static Future<Void> call(HttpClient client, String socket, String method, byte[] message) {
    RequestOptions options =
        new RequestOptions()
            .setServer(SocketAddress.domainSocketAddress(socket))
            .setHost("localhost")
            .setPort(80)
            .setMethod(HttpMethod.POST)
            .setURI(method)
            .putHeader("Content-Type", TYPE)
            .putHeader("TE", "trailers");
    return client
        .request(options)
        .compose(request -> request.send(frame(message)))
        .compose(answer -> answer.end().map(answer))
        .compose(Grpc::outcome);
  }

  private static Future<Void> outcome(HttpClientResponse answer) {
    String early = answer.getHeader(STATUS);
    String status = early != null ? early : answer.getTrailer(STATUS);
    if ("0".equals(status)) {
      return Future.succeededFuture();
    }
    String why = early != null ? answer.getHeader(MESSAGE) : answer.getTrailer(MESSAGE);
    return Future.failedFuture(
        "HTTP " + answer.statusCode() + ", gRPC status " + status + ": " + why);
  }
}
