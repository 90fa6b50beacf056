package gpu.kerf.extender.http;

/** What counts answers. */
@FunctionalInterface
public interface Tally {

  /** One verb was answered. */
  void answered(String verb, String outcome, String reason, long nanos);
}
