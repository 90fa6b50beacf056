package gpu.kerf.extender.controlplane;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips the tests that need a real node where none can run, and says why, once. */
final class NodeExtension implements BeforeAllCallback {
  private static final AtomicBoolean TOLD = new AtomicBoolean();

  @Override
  public void beforeAll(ExtensionContext context) {
    String missing = NodePrograms.missing();
    if (!missing.isEmpty() && TOLD.compareAndSet(false, true)) {
      System.err.println("Tests that need a real node are skipped: " + missing);
    }
    Assumptions.assumeTrue(missing.isEmpty(), missing);
  }
}
