package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.admission.PodProblem.Kind;
import gpu.kerf.extender.admission.PodTree.Box;
import gpu.kerf.extender.wire.WireException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The environment of a container: each variable that Kerf writes must stand there once, in exactly
 * the form in which Kerf writes it, and other guarded variables must not stand there.
 *
 * <p>Kerf cannot see the variables of {@code envFrom}, and need not: an entry of {@code env} wins
 * over them, and the entry that decides is always there. Only where HAMi's device plugin names a
 * MIG instance is there none, and what {@code envFrom} brings would win over the plugin's variable.
 */
final class VariableRules {

  private static final String NARROWING = "CUDA_VISIBLE_DEVICES";

  private VariableRules() {}

  /**
   * @param wanted what Kerf writes, by the variables' names
   */
  static void check(Box box, Map<String, JsonNode> wanted, Findings findings) throws WireException {
    Set<String> seen = new HashSet<>();
    for (JsonNode entry : box.env()) {
      String name = PodTree.text(entry, "name");
      if (Variables.isGuarded(name)) {
        check(box, entry, wanted.get(name), seen.add(name), findings);
      } else if (name.equals(NARROWING)) {
        findings.warn(
            "CUDA_VISIBLE_DEVICES of the "
                + box
                + " counts the devices that Kerf gives it, from 0: another number hides them all."
                + " Maybe leave it out.");
      }
    }
    for (String name : wanted.keySet()) {
      if (!seen.contains(name)) {
        findings.refuse(
            Kind.INCOMPLETE,
            "The variable "
                + name
                + ", which Kerf's mutating webhook writes, is missing in the "
                + box
                + ".",
            "Check that the MutatingWebhookConfiguration of Kerf asks about this namespace.");
      }
    }
  }

  /** Refuses sources of variables that may bring guarded ones. */
  static void checkSources(Box box, Findings findings) throws WireException {
    for (JsonNode source : PodTree.objects(box.json(), "envFrom", box)) {
      String prefix = PodTree.text(source, "prefix");
      if (Variables.mayBeGuarded(prefix)) {
        findings.refuse(
            Kind.VARIABLE,
            "The envFrom of the "
                + box
                + (prefix.isEmpty()
                    ? " has no prefix"
                    : " has the prefix (" + SafeText.of(prefix) + ")")
                + ", so it could bring NVIDIA_VISIBLE_DEVICES or another variable that decides"
                + " about devices, and on nodes with kerf.gpu/delivery=hami-mig it would win.",
            "Name the variables under env, or write a prefix, such as APP_.");
      }
    }
  }

  private static void check(
      Box box, JsonNode entry, @Nullable JsonNode wanted, boolean first, Findings findings)
      throws WireException {
    if (wanted != null && first && Variables.isSame(wanted, entry)) {
      return;
    }
    String name = PodTree.text(entry, "name");
    String value = entry.path("value").asText("");
    findings.refuse(
        Kind.VARIABLE,
        "The variable "
            + SafeText.of(name)
            + (value.isEmpty() ? "" : " (" + SafeText.of(value) + ")")
            + " of the "
            + box
            + " decides about devices, and only Kerf may.",
        wanted == null ? "Leave it out." : "Leave it out: Kerf writes it.");
  }
}
