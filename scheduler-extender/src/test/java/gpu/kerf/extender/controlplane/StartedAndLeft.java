package gpu.kerf.extender.controlplane;

import java.io.IOException;

/** Starts everything, says so, and waits to be killed. */
final class StartedAndLeft {
  static final String READY = "everything runs";

  private StartedAndLeft() {}

  public static void main(String[] arguments) throws IOException {
    try (ControlPlane plane = ControlPlane.start()) {
      plane.kwok();
      plane.scheduler().start();
      System.out.println(READY);
      System.in.read();
    }
  }
}
