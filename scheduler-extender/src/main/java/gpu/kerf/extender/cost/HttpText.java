package gpu.kerf.extender.cost;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Gets documents by HTTP for a command; the long ones are read while they come. */
public final class HttpText {
  private static final int SHOWN = 500;

  private final URI base;
  private final String name;
  private final Duration patience;
  private final @Nullable String token;

  /**
   * @param name what answers there, for messages
   * @param patience how long it may stay silent
   * @param token a bearer token to show; null to show none
   */
  public HttpText(URI base, String name, Duration patience, @Nullable String token) {
    boolean http = "http".equals(base.getScheme()) || "https".equals(base.getScheme());
    if (!http || base.getHost() == null) {
      throw new IllegalArgumentException(
          "The URL (" + base + ") is not one of HTTP.\nMaybe http://127.0.0.1:8880.");
    }
    this.base = base;
    this.name = name;
    this.patience = patience;
    this.token = token;
  }

  /** The body of an answer with the status 200. */
  public InputStream get(String path) throws IOException {
    String prefix = String.valueOf(base).replaceAll("/+$", "");
    try {
      HttpURLConnection call =
          (HttpURLConnection) URI.create(prefix + path).toURL().openConnection();
      call.setInstanceFollowRedirects(false);
      call.setConnectTimeout((int) patience.toMillis());
      call.setReadTimeout((int) patience.toMillis());
      if (token != null) {
        call.setRequestProperty("Authorization", "Bearer " + token);
      }
      int status = call.getResponseCode();
      if (status != HttpURLConnection.HTTP_OK) {
        throw new IOException(
            name + " at " + base + " answers with " + status + ": " + error(call));
      }
      return call.getInputStream();
    } catch (SocketTimeoutException e) {
      throw new IOException(
          name
              + " at "
              + base
              + " has said nothing for "
              + patience.toSeconds()
              + " s.\nMaybe ask for less at once.",
          e);
    } catch (ConnectException | UnknownHostException e) {
      throw new IOException(
          name + " does not answer at " + base + " (" + e.getMessage() + ").\nIs the URL right?",
          e);
    }
  }

  private static String error(HttpURLConnection call) throws IOException {
    InputStream body = call.getErrorStream();
    return body == null ? "" : new String(body.readNBytes(SHOWN), StandardCharsets.UTF_8);
  }
}
