package gpu.kerf.extender.command;

import java.util.List;

/**
 * Adds commands to {@code kerf}. A module that is on the class path names its provider in {@code
 * META-INF/services}; the image has none.
 */
public interface CommandProvider {

  /** Picocli commands, in the order of the help. */
  List<Object> commands();
}
