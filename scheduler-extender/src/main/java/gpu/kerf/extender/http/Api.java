package gpu.kerf.extender.http;

/** The handlers of the paths under /api. */
public interface Api {

  /** Adds its paths. */
  void addTo(Routes routes, ErrorAnswers refusals, Gate gate);

  /** Ends what never ends by itself. */
  void close();
}
