package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The operations on pods of the simulated API server, for all clients. */
final class PodControl {
  private final ApiStore store;
  private final Story story;

  PodControl(ApiStore store, Story story) {
    this.store = store;
    this.story = story;
  }

  /** Writes nodeName and the annotations of the Binding in one change. */
  void bind(PodObject pod, String node, JsonNode annotations, String client) {
    Stored bound =
        store.update(
            pod.stored(),
            json -> {
              json.withObjectProperty("spec").put("nodeName", node);
              ObjectNode into =
                  json.withObjectProperty("metadata").withObjectProperty("annotations");
              for (Map.Entry<String, JsonNode> each : annotations.properties()) {
                into.set(each.getKey(), each.getValue());
              }
              json.withObjectProperty("status").remove("nominatedNodeName");
            });
    StringBuilder devices = new StringBuilder();
    for (String container : pod.containers()) {
      devices
          .append(' ')
          .append(container)
          .append('=')
          .append(bound.pod().annotation("kerf.gpu/visible-devices." + container))
          .append(' ')
          .append(bound.pod().annotation("kerf.gpu/mps-memory." + container));
    }
    story.tell("bound " + pod + " to " + node + " by " + client + ":" + devices);
  }

  /** Writes for which reason a pod is about to go. */
  PodObject disrupt(PodObject pod, String reason, String message) {
    ObjectNode condition = Stored.JSON.createObjectNode().put("type", "DisruptionTarget");
    condition.put("status", "True").put("reason", reason).put("message", message);
    ObjectNode patch = Stored.JSON.createObjectNode();
    patch.putObject("status").putArray("conditions").add(condition);
    return store.update(pod.stored(), json -> ApiFrontend.Patches.merge(json, patch)).pod();
  }

  /** Writes on which node kube-scheduler expects a pod; an empty name is none. */
  void nominate(PodObject pod, String node) {
    PodObject now = current(pod);
    if (now != null && !now.isBound()) {
      store.update(
          now.stored(),
          json -> {
            ObjectNode status = json.withObjectProperty("status");
            if (node.isEmpty()) {
              status.remove("nominatedNodeName");
            } else {
              status.put("nominatedNodeName", node);
            }
          });
    }
  }

  /**
   * Begins the graceful deletion of a pod; one that is on no node, or has no time, goes at once.
   */
  void delete(PodObject pod, long graceSeconds, String why) {
    if (pod.isTerminating() && graceSeconds > 0) {
      return;
    }
    if (graceSeconds == 0 || !pod.isBound() || pod.isOver()) {
      story.tell("object of " + pod + " removed (" + why + ")");
      store.delete(pod.stored());
      return;
    }
    story.tell("deletion of " + pod + " begins (" + why + ")");
    store.update(
        pod.stored(),
        json -> {
          ObjectNode metadata = json.withObjectProperty("metadata");
          metadata.put("deletionTimestamp", store.timestamp());
          metadata.put("deletionGracePeriodSeconds", graceSeconds);
        });
  }

  /** The current version of a pod, if it is still that pod. */
  @Nullable PodObject current(PodObject pod) {
    Stored now = store.get(ObjectKind.POD, pod.key());
    return now == null || !now.uid().equals(pod.uid()) ? null : now.pod();
  }

  /** The kubelet writes how far a pod is. */
  void report(PodObject pod, String phase, String state) {
    PodObject now = current(pod);
    if (now == null) {
      return;
    }
    store.update(
        now.stored(),
        json -> {
          ObjectNode status = json.withObjectProperty("status");
          status.put("phase", phase);
          ArrayNode statuses = status.putArray("containerStatuses");
          for (String container : now.containers()) {
            ObjectNode one = statuses.addObject().put("name", container);
            one.put("restartCount", 0).put("ready", state.equals("running"));
            ObjectNode how = one.putObject("state").putObject(state);
            if (state.equals("running")) {
              how.put("startedAt", store.timestamp());
            } else if (state.equals("terminated")) {
              how.put("exitCode", 0).put("finishedAt", store.timestamp());
            }
          }
        });
  }
}
