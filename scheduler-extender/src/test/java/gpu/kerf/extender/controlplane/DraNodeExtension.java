package gpu.kerf.extender.controlplane;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips the tests that need a node with a DRA driver where none can run, and says why, once. */
final class DraNodeExtension implements BeforeAllCallback {
  private static final AtomicBoolean TOLD = new AtomicBoolean();

  @Override
  public void beforeAll(ExtensionContext context) {
    DraPrograms programs = DraPrograms.find(System.getenv());
    if (programs instanceof DraPrograms.Missing missing && TOLD.compareAndSet(false, true)) {
      System.err.println("Tests that need a node with a DRA driver are skipped: " + missing.why());
    }
    programs.orSkip();
  }
}
