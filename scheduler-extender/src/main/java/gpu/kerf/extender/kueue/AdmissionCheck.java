package gpu.kerf.extender.kueue;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * An AdmissionCheck of Kueue, as far as Kerf reads it.
 *
 * @param controller which controller answers it
 * @param parameters whether it names an object with parameters, of which Kerf knows none
 * @param active what its condition {@code Active} says; empty if it has none
 * @param activeReason the reason of that condition
 * @param observed the generation that the condition is of
 */
public record AdmissionCheck(
    String name,
    String uid,
    String resourceVersion,
    long generation,
    String controller,
    boolean parameters,
    String active,
    String activeReason,
    long observed) {

  /** What the field {@code controllerName} of Kerf's checks says. */
  public static final String CONTROLLER = "kerf.gpu/fits";

  /** Reads one. */
  public static AdmissionCheck of(JsonNode object) {
    JsonNode metadata = object.path("metadata");
    JsonNode condition = KueueFields.condition(object, "Active");
    return new AdmissionCheck(
        metadata.path("name").asText(""),
        metadata.path("uid").asText(""),
        metadata.path("resourceVersion").asText(""),
        metadata.path("generation").asLong(),
        object.path("spec").path("controllerName").asText(""),
        object.path("spec").has("parameters"),
        condition.path("status").asText(""),
        condition.path("reason").asText(""),
        condition.path("observedGeneration").asLong());
  }

  /** Whether Kerf answers it. */
  public boolean isOfKerf() {
    return controller.equals(CONTROLLER);
  }

  /** Whether its condition says already what is to be said. */
  public boolean says(Activity activity) {
    return active.equals(activity.active() ? "True" : "False")
        && activeReason.equals(activity.reason())
        && observed == generation;
  }

  /** What Kerf says of it. */
  public Activity activity() {
    return parameters ? Activity.UNKNOWN_PARAMETERS : Activity.ACTIVE;
  }

  /**
   * Whether Kerf answers a check.
   *
   * @param reason in one word
   */
  public record Activity(boolean active, String reason, String message) {

    static final Activity ACTIVE = new Activity(true, "Active", "Kerf answers this check.");

    static final Activity UNKNOWN_PARAMETERS =
        new Activity(
            false,
            "UnknownParameters",
            "The check names parameters, and Kerf has none. Leave spec.parameters out.");
  }
}
