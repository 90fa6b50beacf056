package gpu.kerf.bench.simulate;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.wire.PodReader;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One version of a pod, as the simulated kubelets and schedulers read it. */
final class PodObject {
  private final Stored stored;
  private final String namespace;
  private final String scheduler;
  private final String node;
  private final String nominated;
  private final String phase;
  private final boolean terminating;
  private final int priority;
  private final long graceSeconds;
  private final List<String> containers = new ArrayList<>();
  private @Nullable PodView view;
  private @Nullable Amounts amounts;

  PodObject(Stored stored) {
    this.stored = stored;
    JsonNode json = stored.json();
    JsonNode spec = json.path("spec");
    this.namespace = json.path("metadata").path("namespace").asText("");
    this.scheduler = spec.path("schedulerName").asText("");
    this.node = spec.path("nodeName").asText("");
    this.nominated = json.path("status").path("nominatedNodeName").asText("");
    this.phase = json.path("status").path("phase").asText("Pending");
    this.terminating = json.path("metadata").has("deletionTimestamp");
    this.priority = spec.path("priority").asInt(0);
    this.graceSeconds = spec.path("terminationGracePeriodSeconds").asLong(30);
    spec.path("containers").forEach(each -> containers.add(each.path("name").asText("")));
  }

  Stored stored() {
    return stored;
  }

  String namespace() {
    return namespace;
  }

  String name() {
    return stored.name();
  }

  String uid() {
    return stored.uid();
  }

  String key() {
    return stored.key();
  }

  String scheduler() {
    return scheduler;
  }

  /** Where it is bound; empty while it is not. */
  String node() {
    return node;
  }

  boolean isBound() {
    return !node.isEmpty();
  }

  String nominated() {
    return nominated;
  }

  boolean isRunning() {
    return phase.equals("Running");
  }

  boolean isOver() {
    return phase.equals("Succeeded") || phase.equals("Failed");
  }

  /** Whether kube-scheduler leaves it alone. */
  boolean isGated() {
    return !stored.json().path("spec").path("schedulingGates").isEmpty();
  }

  /** Whether a plugin of kube-scheduler excludes every node. */
  boolean fitsNoNode() {
    return !stored.json().path("spec").path("nodeSelector").isEmpty();
  }

  /** Its gang, with its namespace; empty if it is in none. */
  String gang() {
    String name = label("kerf.gpu/gang");
    return name.isEmpty() ? "" : namespace + "/" + name;
  }

  /** With how many pods its gang starts. */
  int gangMinimum() {
    String least = label("kerf.gpu/gang-minimum");
    return Integer.parseInt(least.isEmpty() ? label("kerf.gpu/gang-size") : least);
  }

  boolean isTerminating() {
    return terminating;
  }

  int priority() {
    return priority;
  }

  boolean neverPreempts() {
    return stored.json().path("spec").path("preemptionPolicy").asText("").equals("Never");
  }

  /** Whether it is on its way out and says that kube-scheduler preempted it. */
  boolean isTerminatingByPreemption() {
    for (JsonNode each : stored.json().path("status").path("conditions")) {
      if (each.path("type").asText("").equals("DisruptionTarget")) {
        return terminating && each.path("reason").asText("").equals("PreemptionByScheduler");
      }
    }
    return false;
  }

  long graceSeconds() {
    return graceSeconds;
  }

  List<String> containers() {
    return containers;
  }

  String annotation(String key) {
    return stored.json().path("metadata").path("annotations").path(key).asText("");
  }

  String label(String key) {
    return stored.json().path("metadata").path("labels").path(key).asText("");
  }

  /** A limit of a container, as it is written; empty if there is none. */
  String limit(String container, String resource) {
    for (JsonNode each : stored.json().path("spec").path("containers")) {
      if (each.path("name").asText("").equals(container)) {
        return each.path("resources").path("limits").path(resource).asText("");
      }
    }
    return "";
  }

  /** The claim that its field names, which was made for its resources; empty if there is none. */
  String namedClaim() {
    return extendedClaim().path("resourceClaimName").asText("");
  }

  private JsonNode extendedClaim() {
    return stored.json().path("status").path("extendedResourceClaimStatus");
  }

  /** The names of the claims whose devices its containers get. */
  List<String> claims() {
    List<String> names = new ArrayList<>();
    if (!namedClaim().isEmpty()) {
      names.add(namedClaim());
    }
    for (JsonNode each : stored.json().path("spec").path("resourceClaims")) {
      names.add(each.path("resourceClaimName").asText(""));
    }
    return names;
  }

  /** Whether a container gets the devices of a request of one of its claims. */
  boolean gets(String container, String claim, String request) {
    if (!claim.equals(namedClaim())) {
      return container.equals(containers.get(0));
    }
    for (JsonNode each : extendedClaim().path("requestMappings")) {
      if (each.path("containerName").asText("").equals(container)
          && each.path("requestName").asText("").equals(request)) {
        return true;
      }
    }
    return false;
  }

  /** What it asks of what Kerf advertises. */
  Amounts amounts() {
    if (amounts == null) {
      amounts = Amounts.of(this);
    }
    return Objects.requireNonNull(amounts);
  }

  /** The same as kube-scheduler would send it to Kerf. */
  PodView view() {
    if (view == null) {
      try (var parser = Stored.JSON.createParser(stored.bytes())) {
        view = PodReader.readDocument(parser);
      } catch (IOException | WireException e) {
        throw new IllegalStateException("Pod " + key() + " cannot be read.", e);
      }
    }
    return Objects.requireNonNull(view);
  }

  @Override
  public String toString() {
    return key();
  }
}
