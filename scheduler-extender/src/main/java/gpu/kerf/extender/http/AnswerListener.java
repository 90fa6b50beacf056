package gpu.kerf.extender.http;

/** Counts answers. */
@FunctionalInterface
public interface AnswerListener {

  /** One verb was answered. */
  void answered(String verb, String outcome, String reason, long nanos);
}
