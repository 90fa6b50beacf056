package gpu.kerf.extender.http;

/** The handlers of the paths under /api. */
public interface Api {

  /** Adds its paths to those of one port. */
  void addTo(Routes routes, ErrorAnswers refusals, Gate gate);

  /** Begins what goes on beside requests. */
  void start();

  /** Ends what never ends by itself. */
  void close();
}
