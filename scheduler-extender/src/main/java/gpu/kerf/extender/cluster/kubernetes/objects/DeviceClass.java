package gpu.kerf.extender.cluster.kubernetes.objects;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.wire.PodView;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A DeviceClass: a name by which claims ask for devices.
 *
 * @param drivers those whose devices its selectors can match; null if they do not say
 * @param resource the extended resource that it stands for; empty if it stands for none
 */
public record DeviceClass(String name, @Nullable Set<String> drivers, String resource) {
  private static final String OWN = "kerf.gpu/";

  /** What a class does to pods of Kerf by standing for a resource. */
  public enum Effect {
    NONE,
    /** kube-scheduler's own plugin claims devices for pods that Kerf gives GPUs. */
    CLAIMS_BESIDE,
    /** The same for every pod, and it deletes the claims of Kerf as old ones of its own. */
    DELETES_CLAIMS
  }

  /** Reads one of any version of the API since v1beta1. */
  public static DeviceClass read(JsonNode object) {
    return new DeviceClass(
        object.at("/metadata/name").asText(""),
        ClaimSpec.drivers(object.at("/spec/selectors")),
        object.at("/spec/extendedResourceName").asText(""));
  }

  public Effect effect() {
    if (resource.startsWith(OWN)) {
      return Effect.DELETES_CLAIMS;
    }
    PodView.Resources one = new PodView.Resources(Map.of(), Map.of(resource, "1"));
    boolean taken = Dialects.usesDevicePlugin(new PodView.Container("", one, false));
    return taken ? Effect.CLAIMS_BESIDE : Effect.NONE;
  }

  /** What is wrong with it, for people; empty if nothing is. */
  public String problem() {
    return switch (effect()) {
      case NONE -> "";
      case CLAIMS_BESIDE ->
          """
          The DeviceClass %s stands for %s (spec.extendedResourceName), for which pods ask Kerf as \
          well: on nodes that do not advertise it, kube-scheduler's own plugin claims devices for \
          such pods beside those that Kerf gives them.\
          """
              .formatted(name, resource);
      case DELETES_CLAIMS ->
          """
          The DeviceClass %s stands for %s (spec.extendedResourceName), which is Kerf's: \
          kube-scheduler's own plugin claims devices for Kerf's pods, and deletes the claims of \
          Kerf.\
          """
              .formatted(name, resource);
    };
  }

  /** What to do about it. */
  public String hint() {
    return switch (effect()) {
      case NONE -> "";
      case CLAIMS_BESIDE ->
          """
          Let pods of Kerf's scheduler ask for kerf.gpu/whole or kerf.gpu/memory instead of %s, or \
          take the field away: %s\
          """
              .formatted(resource, removal());
      case DELETES_CLAIMS ->
          "Take the field away; until then Kerf hands out no GPU by DRA: " + removal();
    };
  }

  private String removal() {
    return """
    kubectl patch deviceclass %s --type=json \
    -p '[{"op":"remove","path":"/spec/extendedResourceName"}]'\
    """
        .formatted(name);
  }
}
