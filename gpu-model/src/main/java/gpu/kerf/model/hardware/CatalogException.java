package gpu.kerf.model.hardware;

import java.util.List;

/** Says that a catalogue text is invalid, and lists every problem in it. */
public final class CatalogException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  CatalogException(List<String> problems) {
    super(String.join("\n", problems));
  }
}
