package gpu.kerf.extender.cluster.kubernetes;

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

/** The API server as bytes over HTTP; every call blocks its thread, and none for ever. */
public final class ApiServer implements AutoCloseable {

  private static final String[] CREDENTIALS = {"BearerToken"};

  private final ApiClient calls;
  private final ApiClient watches;
  private final Access.Patience patience;

  ApiServer(ApiClient calls, ApiClient watches, Access.Patience patience) {
    this.calls = calls;
    this.watches = watches;
    this.patience = patience;
  }

  /** Where it is. */
  public String address() {
    return calls.getBasePath();
  }

  ApiReply send(ApiRequest request) throws IOException {
    return read(call(calls, request));
  }

  /** The same for what may take longer, as lists do. */
  ApiReply send(ApiRequest request, Duration limit) throws IOException {
    Call call = call(watches, request);
    call.timeout().timeout(limit.toNanos(), TimeUnit.NANOSECONDS);
    return read(call);
  }

  /** A request whose answer goes on and on. */
  Call stream(ApiRequest request) throws IOException {
    return call(watches, request);
  }

  Duration silence() {
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
    for (ApiClient client : List.of(calls, watches)) {
      client.getHttpClient().dispatcher().cancelAll();
      client.getHttpClient().dispatcher().executorService().shutdown();
      client.getHttpClient().connectionPool().evictAll();
    }
  }
}
