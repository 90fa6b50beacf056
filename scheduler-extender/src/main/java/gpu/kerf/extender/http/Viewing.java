package gpu.kerf.extender.http;

import gpu.kerf.extender.access.AccessVerdict;
import gpu.kerf.extender.access.Viewer;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the client of a request may see.
 *
 * @param again finds it out anew, for answers that go on for long; null where the port is open
 */
record Viewing(Viewer viewer, @Nullable Supplier<CompletionStage<AccessVerdict>> again) {
  private static final String KEY = "kerf.viewing";
  private static final Viewing OPEN = new Viewing(Viewer.ALL, null);

  void putInto(RoutingContext call) {
    call.put(KEY, this);
  }

  /** That of a request; it sees all where no guard has looked at it, as on the verbs' port. */
  static Viewing of(RoutingContext call) {
    Viewing known = call.get(KEY);
    return known == null ? OPEN : known;
  }

  static Viewer viewer(RoutingContext call) {
    return of(call).viewer();
  }
}
