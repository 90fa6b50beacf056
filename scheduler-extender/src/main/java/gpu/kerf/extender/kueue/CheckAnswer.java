package gpu.kerf.extender.kueue;

/**
 * What Kerf answers for one AdmissionCheck of a Workload. It stands on one version of the Workload:
 * the API server refuses it if that was changed since.
 *
 * @param retryAfterSeconds how long Kueue is to wait before it tries again; for {@link State#RETRY}
 */
public record CheckAnswer(
    Workload workload, String check, State state, String message, int retryAfterSeconds) {

  /** Kueue shows the message in conditions and events, which are short. */
  private static final int LONGEST_TEXT = 1_000;

  /** A longer message is cut here, so that it is the one that the check has once it is written. */
  public CheckAnswer {
    if (message.length() > LONGEST_TEXT) {
      message = message.substring(0, LONGEST_TEXT) + "…";
    }
  }

  /** As Kueue calls it, and what Kueue does. */
  public enum State {
    /** The quota stays reserved. */
    PENDING("Pending"),
    /** The workload is admitted once all its checks are ready. */
    READY("Ready"),
    /** The quota is given back, and the workload stands in its queue again. */
    RETRY("Retry"),
    /** The workload is deactivated, and only a user activates it again. */
    REJECTED("Rejected");

    private final String word;

    State(String word) {
      this.word = word;
    }

    public String word() {
      return word;
    }
  }
}
