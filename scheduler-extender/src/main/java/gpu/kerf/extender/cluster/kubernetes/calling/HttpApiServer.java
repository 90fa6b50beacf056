package gpu.kerf.extender.cluster.kubernetes.calling;

import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.ApiException;
import io.kubernetes.client.openapi.Pair;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.Response;
import okhttp3.ResponseBody;

/** An API server that is reached over HTTP. */
final class HttpApiServer implements ApiServer {

  private static final int UNAUTHORIZED = 401;
  private static final String[] CREDENTIALS = {"BearerToken"};

  private final Credentials credentials;
  private final Access.Patience patience;

  HttpApiServer(Credentials credentials, Access.Patience patience) {
    this.credentials = credentials;
    this.patience = patience;
  }

  @Override
  public String address() {
    return credentials.current().calls().getBasePath();
  }

  @Override
  public ApiReply send(ApiRequest request) throws IOException {
    return twice(
        used -> {
          Call call = call(used.calls(), request);
          request
              .limit()
              .filter(limit -> limit.compareTo(patience.call()) < 0)
              .ifPresent(limit -> call.timeout().timeout(limit.toNanos(), TimeUnit.NANOSECONDS));
          return read(call);
        });
  }

  @Override
  public ApiReply send(ApiRequest request, Duration limit) throws IOException {
    return twice(
        used -> {
          Call call = call(used.watches(), request);
          call.timeout().timeout(limit.toNanos(), TimeUnit.NANOSECONDS);
          return read(call);
        });
  }

  @FunctionalInterface
  private interface Attempt {
    ApiReply with(Credentials.Clients used) throws IOException;
  }

  /** The credentials may be old: those that are in the files now may be accepted. */
  private ApiReply twice(Attempt attempt) throws IOException {
    Credentials.Clients used = credentials.current();
    ApiReply reply = attempt.with(used);
    return reply.status() == UNAUTHORIZED && credentials.refused(used)
        ? attempt.with(credentials.current())
        : reply;
  }

  @Override
  public ApiStream stream(ApiRequest request) throws IOException {
    return new HttpStream(
        call(credentials.current().watches(), request),
        () -> credentials.refused(credentials.current()));
  }

  @Override
  public Duration silence() {
    return patience.silence();
  }

  private static ApiReply read(Call call) throws IOException {
    try (Response response = call.execute()) {
      ResponseBody body = response.body();
      return new ApiReply(response.code(), body.bytes());
    }
  }

  private static Call call(ApiClient client, ApiRequest request) throws IOException {
    List<Pair> query = new ArrayList<>();
    request.query().forEach((key, value) -> query.add(new Pair(key, value)));
    Map<String, String> headers = new HashMap<>();
    headers.put("Accept", ApiRequest.JSON);
    headers.put("Content-Type", request.type());
    try {
      return client.buildCall(
          null,
          request.path(),
          request.method(),
          query,
          List.of(),
          request.body().isEmpty() ? null : request.body().getBytes(StandardCharsets.UTF_8),
          headers,
          new HashMap<>(),
          new HashMap<>(),
          CREDENTIALS,
          null);
    } catch (ApiException e) {
      throw new IOException("The request cannot be made: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    Credentials.Clients last = credentials.current();
    for (ApiClient client : List.of(last.calls(), last.watches())) {
      client.getHttpClient().dispatcher().cancelAll();
      client.getHttpClient().dispatcher().executorService().shutdown();
      client.getHttpClient().connectionPool().evictAll();
    }
  }
}
