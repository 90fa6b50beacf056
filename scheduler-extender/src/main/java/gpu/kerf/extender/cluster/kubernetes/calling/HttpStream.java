package gpu.kerf.extender.cluster.kubernetes.calling;

import java.io.IOException;
import java.util.Objects;
import okhttp3.Call;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** A stream of lines over HTTP. */
final class HttpStream implements ApiStream {
  private static final int OK = 200;
  private static final int UNAUTHORIZED = 401;

  private final Call call;
  private final Runnable unauthorized;
  private @Nullable Response response;
  private @Nullable LineReader lineReader;

  /**
   * @param unauthorized is run when the API server does not accept the credentials
   */
  HttpStream(Call call, Runnable unauthorized) {
    this.call = call;
    this.unauthorized = unauthorized;
  }

  @Override
  public @Nullable ApiReply open() throws IOException {
    Response answer = call.execute();
    response = answer;
    if (answer.code() == OK) {
      lineReader = new LineReader(answer.body().byteStream());
      return null;
    }
    if (answer.code() == UNAUTHORIZED) {
      unauthorized.run();
    }
    return new ApiReply(answer.code(), answer.body().bytes());
  }

  @Override
  public byte @Nullable [] next() throws IOException {
    return Objects.requireNonNull(lineReader, "The stream was not opened.").next();
  }

  @Override
  public void cancel() {
    call.cancel();
  }

  @Override
  public void close() {
    if (response != null) {
      response.close();
    }
  }
}
