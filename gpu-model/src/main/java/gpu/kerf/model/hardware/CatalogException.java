package gpu.kerf.model.hardware;

import java.util.List;

/** A catalogue text that cannot be used, with everything that is wrong in it. */
public final class CatalogException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  CatalogException(List<String> problems) {
    super(String.join("\n", problems));
  }
}
