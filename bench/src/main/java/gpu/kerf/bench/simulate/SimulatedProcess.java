package gpu.kerf.bench.simulate;

import java.util.ArrayList;
import java.util.List;

/**
 * A process of the simulation: it can be paused, as by SIGSTOP, and killed. A killed process does
 * not come back; a new process is started in its place.
 */
final class SimulatedProcess {
  private final String name;
  private final List<VirtualTime.Event> deferred = new ArrayList<>();
  private boolean paused;
  private boolean dead;

  SimulatedProcess(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  boolean isPaused() {
    return paused;
  }

  boolean isDead() {
    return dead;
  }

  void pause() {
    paused = true;
  }

  void resume(VirtualTime timeline) {
    paused = false;
    timeline.resumed(this);
  }

  void die() {
    dead = true;
    deferred.clear();
  }

  void defer(VirtualTime.Event event) {
    deferred.add(event);
  }

  List<VirtualTime.Event> takeDeferred() {
    List<VirtualTime.Event> taken = List.copyOf(deferred);
    deferred.clear();
    return taken;
  }

  @Override
  public String toString() {
    return name;
  }
}
