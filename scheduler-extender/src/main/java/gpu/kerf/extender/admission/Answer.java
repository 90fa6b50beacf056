package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.wire.ShortText;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer of a review to the API server.
 *
 * @param patch null or empty if nothing is added
 */
public record Answer(List<PodProblem> problems, List<String> warnings, @Nullable Patch patch) {

  private static final int FORBIDDEN = 403;

  /** Events show a thousand characters of it, people a few more. */
  private static final int LONGEST_MESSAGE = 4_000;

  /** The API server cuts off what is longer, all warnings together. */
  private static final int LONGEST_WARNINGS = 3_500;

  private static final int LONGEST_WARNING = 250;

  /** It may be, as it is. */
  static final Answer ALLOWED = new Answer(List.of(), List.of(), null);

  public Answer {
    problems = List.copyOf(problems);
    warnings = List.copyOf(warnings);
  }

  static Answer of(Findings findings) {
    return new Answer(findings.problems(), findings.warnings(), null);
  }

  /** It may not be, for one reason. */
  public static Answer refused(PodProblem problem) {
    return new Answer(List.of(problem), List.of(), null);
  }

  static Answer with(Patch patch) {
    return new Answer(List.of(), List.of(), patch);
  }

  public boolean isAllowed() {
    return problems.isEmpty();
  }

  public boolean isPatched() {
    return patch != null && !patch.isEmpty();
  }

  /** All problems in one text. */
  public String message() {
    StringBuilder text = new StringBuilder("Kerf refuses this pod:");
    for (PodProblem problem : problems) {
      text.append("\n- ").append(problem.toString().replace('\n', ' ').strip());
    }
    return text.length() <= LONGEST_MESSAGE
        ? text.toString()
        : text.substring(0, LONGEST_MESSAGE) + "…";
  }

  /** The answer to the question of that uid. */
  public byte[] json(String uid) {
    ObjectNode review = JsonNodeFactory.instance.objectNode();
    review.put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
    ObjectNode response = review.putObject("response");
    response.put("uid", uid).put("allowed", isAllowed());
    if (!isAllowed()) {
      response
          .putObject("status")
          .put("status", "Failure")
          .put("code", FORBIDDEN)
          .put("reason", "Forbidden")
          .put("message", message());
    } else if (patch != null && !patch.isEmpty()) {
      response.put("patchType", "JSONPatch");
      response.put("patch", Base64.getEncoder().encodeToString(patch.bytes()));
    }
    addWarnings(response);
    return review.toString().getBytes(StandardCharsets.UTF_8);
  }

  private void addWarnings(ObjectNode response) {
    int length = 0;
    for (String warning : warnings) {
      String text = warning.replace('\n', ' ');
      text = ShortText.of(text, LONGEST_WARNING);
      length += text.length();
      if (length <= LONGEST_WARNINGS) {
        response.withArray("/warnings").add(text);
      }
    }
  }
}
