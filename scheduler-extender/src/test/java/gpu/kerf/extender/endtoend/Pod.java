package gpu.kerf.extender.endtoend;

import com.fasterxml.jackson.core.JsonProcessingException;
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
    spec.withArray("containers").addObject().put("name", "main").put("image", "app");
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

  private Pod limit(String resource, String amount) {
    ((ObjectNode) pod.at("/spec/containers/0"))
        .withObject("/resources")
        .withObject("/limits")
        .put(resource, amount);
    return this;
  }
}
