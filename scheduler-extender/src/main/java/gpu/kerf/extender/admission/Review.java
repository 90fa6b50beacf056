package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.wire.JsonTree;
import gpu.kerf.extender.wire.WireException;

/**
 * One AdmissionReview request of the API server ({@code admission.k8s.io/v1}).
 *
 * @param uid the uid of the request, which the answer repeats
 * @param resource what it is about, with its group if that is not the core's, such as {@code pods}
 * @param subresource empty for the object itself
 * @param object as it is to be; missing if it is deleted
 * @param before as it was; missing if it is new
 */
public record Review(
    String uid,
    String operation,
    String resource,
    String subresource,
    String namespace,
    JsonNode object,
    JsonNode before) {

  private static final int LONGEST_UID = 128;

  /** Reads a request; unknown fields are skipped. */
  public static Review read(byte[] body) throws WireException {
    JsonNode review = JsonTree.object(body);
    String version = text(review, "apiVersion");
    if (!version.isEmpty() && !version.equals("admission.k8s.io/v1")) {
      throw new WireException(
          "The version of the review is not admission.k8s.io/v1.\n"
              + "Write admissionReviewVersions: [v1] in the webhook's configuration.");
    }
    JsonNode request = review.path("request");
    String uid = text(request, "uid");
    if (uid.isEmpty() || uid.length() > LONGEST_UID) {
      throw new WireException("The review has no request with a uid.\nSend an AdmissionReview.");
    }
    String group = text(request.path("resource"), "group");
    String resource = text(request.path("resource"), "resource");
    return new Review(
        uid,
        text(request, "operation"),
        group.isEmpty() ? resource : resource + "." + group,
        text(request, "subResource"),
        text(request, "namespace"),
        request.path("object"),
        request.path("oldObject"));
  }

  private static String text(JsonNode parent, String field) throws WireException {
    JsonNode value = parent.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return "";
    }
    if (!value.isTextual()) {
      throw new WireException("The " + field + " of the review is no text.");
    }
    return value.textValue();
  }

  /** The pod's name, or the beginning of it where the API server will make one. */
  public String podName() {
    JsonNode metadata = object.path("metadata");
    String name = metadata.path("name").asText("");
    return SafeText.of(name.isEmpty() ? metadata.path("generateName").asText("") : name);
  }

  /** Whether a pod is to be created. */
  boolean createsPod() {
    return resource.equals("pods") && subresource.isEmpty() && operation.equals("CREATE");
  }

  /** Whether a pod itself is to be changed. */
  boolean changesPod() {
    return resource.equals("pods") && subresource.isEmpty() && operation.equals("UPDATE");
  }

  /** Whether containers are to be added to a pod that runs. */
  boolean addsContainers() {
    return resource.equals("pods")
        && subresource.equals("ephemeralcontainers")
        && operation.equals("UPDATE");
  }
}
