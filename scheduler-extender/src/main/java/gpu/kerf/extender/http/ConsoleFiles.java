package gpu.kerf.extender.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Serves the console's files from the class path, with headers that make browsers load no other
 * source.
 */
final class ConsoleFiles {
  private static final String FOLDER = "/console/";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*+");
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none';"
          + " form-action 'none'; frame-ancestors 'none'";
  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml",
          "png", "image/png",
          "ico", "image/x-icon",
          "json", "application/json",
          "webmanifest", "application/manifest+json",
          "woff2", "font/woff2");

  private final Map<String, File> files = new HashMap<>();

  private record File(Buffer bytes, String type, String tag) {}

  /** Answers with a file; false if there is none of this name. */
  boolean answer(HttpServerRequest request) {
    String path = request.path();
    String name = path == null || path.equals("/") ? "index.html" : path.substring(1);
    File file = file(name);
    if (file == null) {
      return false;
    }
    HttpServerResponse response = request.response();
    response.putHeader("Content-Security-Policy", POLICY);
    response.putHeader("X-Content-Type-Options", "nosniff");
    response.putHeader("Referrer-Policy", "no-referrer");
    response.putHeader("Cache-Control", "no-cache");
    response.putHeader("ETag", file.tag);
    if (matches(request.getHeader("If-None-Match"), file.tag)) {
      response.setStatusCode(304).end();
    } else {
      response.putHeader("Content-Type", file.type);
      response.end(file.bytes);
    }
    return true;
  }

  private static boolean matches(@Nullable String given, String tag) {
    return given != null && (given.equals("*") || given.contains(tag));
  }

  private @Nullable File file(String name) {
    File known = files.get(name);
    if (known != null || !NAME.matcher(name).matches()) {
      return known;
    }
    String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    File read = type == null ? null : read(name, type);
    if (read != null) {
      files.put(name, read);
    }
    return read;
  }

  private static @Nullable File read(String name, String type) {
    try (InputStream in = ConsoleFiles.class.getResourceAsStream(FOLDER + name)) {
      if (in == null) {
        return null;
      }
      byte[] bytes = in.readAllBytes();
      return new File(Buffer.buffer(bytes), type, tag(bytes));
    } catch (IOException broken) {
      throw new UncheckedIOException("The console's file " + name + " cannot be read.", broken);
    }
  }

  private static String tag(byte[] bytes) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
      return "\"" + HexFormat.of().formatHex(hash, 0, 8) + "\"";
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
