package gpu.kerf.extender.http;

/** What counts answers. */
@FunctionalInterface
public interface AnswerListener {

  /** One verb was answered. */
  void answered(String verb, String outcome, String reason, long nanos);
}
