package gpu.kerf.extender.endtoend;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gpu.kerf.extender.controlplane.Kwok;

/** A pod as a user of Kerf writes it. */
final class Pod {
  private final ObjectNode pod;

  private Pod(ObjectNode pod) {
    this.pod = pod;
  }

  static Pod named(String name) {
    ObjectNode pod = Api.JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Pod");
    pod.withObject("/metadata").put("name", name).withObject("/annotations");
    ObjectNode spec = pod.withObject("/spec");
    spec.put("schedulerName", "kerf").put("terminationGracePeriodSeconds", 0);
    container(spec, "containers", "main");
    return new Pod(pod);
  }

  /** Asks for a part of one GPU, such as {@code 8Gi}. */
  Pod memory(String amount) {
    return limit("kerf.gpu/memory", amount);
  }

  /** Asks for whole GPUs. */
  Pod whole(int gpus) {
    return limit("kerf.gpu/whole", "" + gpus);
  }

  Pod wall(String wall) {
    return annotated("kerf.gpu/wall", wall);
  }

  Pod annotated(String name, String value) {
    pod.withObject("/metadata").withObject("/annotations").put(name, value);
    return this;
  }

  Pod labelled(String name, String value) {
    pod.withObject("/metadata").withObject("/labels").put(name, value);
    return this;
  }

  Pod priority(String priorityClass) {
    pod.withObject("/spec").put("priorityClassName", priorityClass);
    return this;
  }

  /** Takes a while to go after it was deleted. */
  Pod endsAfter(String time) {
    pod.withObject("/spec").put("terminationGracePeriodSeconds", 30);
    return annotated(Kwok.ENDS_AFTER, time);
  }

  /** Adds to the spec what a piece of YAML says. */
  Pod spec(String yaml) {
    try {
      pod.withObject("/spec").setAll((ObjectNode) Api.YAML.readTree(yaml));
    } catch (JsonProcessingException wrong) {
      throw new IllegalArgumentException(wrong);
    }
    return this;
  }

  /** Adds a container that asks for nothing, or for the resources whose name and amount follow. */
  Pod container(String name, String... limits) {
    return add("containers", name, limits);
  }

  /**
   * Adds a container that prints its environment and its devices, and is done before the others
   * start.
   */
  Pod initContainer(String name, String... limits) {
    add("initContainers", name, limits);
    last("initContainers")
        .putArray("command")
        .add("sh")
        .add("-c")
        .add("env; ls /dev/nvidia 2>/dev/null || true");
    return this;
  }

  /** Adds a container that starts before the others, and runs as long as they. */
  Pod sidecar(String name, String... limits) {
    add("initContainers", name, limits);
    last("initContainers").put("restartPolicy", "Always");
    return this;
  }

  private ObjectNode last(String kind) {
    JsonNode containers = pod.at("/spec/" + kind);
    return (ObjectNode) containers.get(containers.size() - 1);
  }

  private Pod add(String kind, String name, String... limits) {
    ObjectNode container = container(pod.withObject("/spec"), kind, name);
    for (int i = 0; i < limits.length; i += 2) {
      container.withObject("/resources").withObject("/limits").put(limits[i], limits[i + 1]);
    }
    return this;
  }

  private static ObjectNode container(ObjectNode spec, String kind, String name) {
    return spec.withArray(kind)
        .addObject()
        .put("name", name)
        .put("image", "app")
        .put("imagePullPolicy", "IfNotPresent");
  }

  /** Has the first container use a ResourceClaim of the pod's own. */
  Pod claiming(String claim) {
    pod.withObject("/spec")
        .withArray("resourceClaims")
        .addObject()
        .put("name", claim)
        .put("resourceClaimName", claim);
    ObjectNode container = (ObjectNode) pod.at("/spec/containers/0");
    container.withObject("/resources").withArray("claims").addObject().put("name", claim);
    return this;
  }

  /** Has every container that is there by now run until it is told to end. */
  Pod runs(String name) {
    return script("trap 'exit 0' TERM; while :; do sleep 0.1; done; echo " + name);
  }

  /** Has every container that is there by now run a script. */
  Pod script(String script) {
    for (JsonNode container : pod.at("/spec/containers")) {
      ((ObjectNode) container).putArray("command").add("sh").add("-c").add(script);
    }
    return this;
  }

  /** Gives the first container a variable. */
  Pod variable(String name, String value) {
    firstVariables().addObject().put("name", name).put("value", value);
    return this;
  }

  /** Gives the first container a variable that the kubelet takes from a field of the pod. */
  Pod variableFrom(String name, String field) {
    ObjectNode variable = firstVariables().addObject().put("name", name);
    variable.withObject("/valueFrom").withObject("/fieldRef").put("fieldPath", field);
    return this;
  }

  private ArrayNode firstVariables() {
    return ((ObjectNode) pod.at("/spec/containers/0")).withArray("env");
  }

  String json() {
    return pod.toString();
  }

  /** The same as a template of a Job or a Deployment. */
  ObjectNode template() {
    ObjectNode template = pod.deepCopy();
    template.remove("kind");
    template.remove("apiVersion");
    template.withObject("/metadata").remove("name");
    return template;
  }

  /** Asks for a resource of any name. */
  Pod limit(String resource, String amount) {
    ((ObjectNode) pod.at("/spec/containers/0"))
        .withObject("/resources")
        .withObject("/limits")
        .put(resource, amount);
    return this;
  }
}
