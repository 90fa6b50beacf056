package gpu.kerf.extender.kueue;

import java.util.concurrent.CompletionStage;

/** Writes what Kerf says into the statuses of Kueue's objects. */
public interface KueueStatus {

  /** What became of a write. */
  enum Outcome {
    WRITTEN,
    /** The object is another one by now, or gone: what was said of it is out of date. */
    OUTDATED,
    FAILED
  }

  /** Whether everything that Kueue has was told. */
  boolean isKnown();

  /** Answers a check; completes on any thread. */
  CompletionStage<Outcome> answer(CheckAnswer answer);

  /** Says whether Kerf answers a check; completes on any thread. */
  CompletionStage<Outcome> activate(AdmissionCheck check, AdmissionCheck.Activity activity);
}
