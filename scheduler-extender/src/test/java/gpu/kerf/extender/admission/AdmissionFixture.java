package gpu.kerf.extender.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import gpu.kerf.extender.dialect.Dialects;
import gpu.kerf.extender.state.FleetView;
import gpu.kerf.extender.state.Scheduling;
import gpu.kerf.extender.time.Clocks;
import gpu.kerf.extender.wire.ClaimFinding;
import gpu.kerf.extender.wire.PodView;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.DriverDevices;
import gpu.kerf.model.hardware.GpuCatalog;
import gpu.kerf.model.hardware.GpuMode;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuSpec;
import gpu.kerf.model.hardware.NodeSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The vocabulary of tests: the webhooks on a fleet, and pods as users write them. */
final class AdmissionFixture {
  static final ObjectMapper JSON = new ObjectMapper();
  static final ObjectMapper YAML =
      new YAMLMapper(
          YAMLMapper.builder()
              .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
              .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
              .build()
              .getFactory());
  static final AdmissionOptions TERMS =
      new AdmissionOptions(
          "kerf",
          List.of("kai-scheduler"),
          "nvidia",
          Duration.ofMinutes(10),
          DaemonAccess.PATHS,
          true,
          Opened.NOTHING);

  final Scheduling scheduling = new Scheduling(Dialects.all(), Clocks.system(), Runnable::run);
  private final FleetView fleet = new FleetView(scheduling);
  final Admission admission;

  private AdmissionFixture(AdmissionOptions options) {
    this(options, TurnPreview.NONE);
  }

  private AdmissionFixture(AdmissionOptions options, TurnPreview turns) {
    this.admission = new Admission(scheduling.dialects(), fleet::latest, options, turns, CLAIMS);
  }

  /** In the namespace ml, the claim "mine" asks for a GPU, and "nic" for a network card. */
  private static final ClaimView CLAIMS =
      new ClaimView() {
        @Override
        public ClaimFinding of(String namespace, List<PodView.Claim> claims) {
          for (PodView.Claim each : claims) {
            if (namespace.equals("ml") && each.object().equals("mine")) {
              return new ClaimFinding(ClaimFinding.Kind.GPUS, each.name(), "gpu.nvidia.com");
            }
          }
          boolean cards = claims.stream().allMatch(each -> each.object().equals("nic"));
          return cards
              ? ClaimFinding.NO_GPUS
              : new ClaimFinding(ClaimFinding.Kind.UNKNOWN, claims.get(0).name(), "");
        }

        @Override
        public ClaimFinding ofResource(String resource) {
          return resource.endsWith("/gpu.nvidia.com")
              ? new ClaimFinding(ClaimFinding.Kind.GPUS, resource, "gpu.nvidia.com")
              : ClaimFinding.NO_GPUS;
        }
      };

  /** Where some pods have to wait for their turn. */
  static AdmissionFixture withTurns(TurnPreview turns) {
    return new AdmissionFixture(TERMS, turns).node("a", 8, "H100-80GB", GpuMode.PLAIN);
  }

  static AdmissionFixture empty(AdmissionOptions options) {
    return new AdmissionFixture(options);
  }

  /**
   * With eight plain H100 on one node, and an A100 of 40 GB on two others, one of which HAMi's
   * plugin cuts.
   */
  static AdmissionFixture usual() {
    return usual(TERMS);
  }

  static AdmissionFixture usual(AdmissionOptions options) {
    return new AdmissionFixture(options)
        .node("a", 8, "H100-80GB", GpuMode.PLAIN)
        .node("b", 1, "A100-40GB", GpuMode.MIG_DYNAMIC)
        .cutByHami("c", "A100-40GB");
  }

  AdmissionFixture node(String name, int gpus, String model, GpuMode mode) {
    GpuModel known = Objects.requireNonNull(GpuCatalog.builtIn().find(model, 0));
    return know(NodeSpec.of(name, Collections.nCopies(gpus, GpuSpec.of(known, mode))));
  }

  /** The same with so much CPU and memory. */
  AdmissionFixture node(
      String name, int gpus, String model, GpuMode mode, int cpuMilli, int memoryMiB) {
    GpuModel known = Objects.requireNonNull(GpuCatalog.builtIn().find(model, 0));
    return know(
        NodeSpec.of(name, Collections.nCopies(gpus, GpuSpec.of(known, mode)))
            .withHost(cpuMilli, memoryMiB));
  }

  private AdmissionFixture cutByHami(String name, String model) {
    GpuModel known = Objects.requireNonNull(GpuCatalog.builtIn().find(model, 0));
    DriverDevices devices = new DriverDevices("hami", name, List.of(DriverDevices.OfGpu.NOTHING));
    NodeSpec node = NodeSpec.of(name, List.of(GpuSpec.of(known, GpuMode.MIG_DYNAMIC)));
    return know(node.deliveredBy(DeliveryWay.HAMI_MIG, devices));
  }

  /** So many plain GPUs that a DRA driver gives whole. */
  AdmissionFixture wholeByDriver(String name, int gpus, String model) {
    GpuModel known = Objects.requireNonNull(GpuCatalog.builtIn().find(model, 0));
    DriverDevices.OfGpu whole = new DriverDevices.OfGpu("gpu", List.of(), null);
    NodeSpec node = NodeSpec.of(name, Collections.nCopies(gpus, GpuSpec.of(known, GpuMode.PLAIN)));
    return know(
        node.deliveredBy(
            new DriverDevices("gpu.nvidia.com", name, Collections.nCopies(gpus, whole))));
  }

  private AdmissionFixture know(NodeSpec node) {
    scheduling.nodeChanged(node);
    fleet.nodesChanged();
    return this;
  }

  /** A node that cannot be read. */
  AdmissionFixture unusable(String name) {
    scheduling.nodeUnusable(name, "its inventory is no JSON");
    fleet.nodesChanged();
    return this;
  }

  /** A pod from YAML; of Kerf's unless it says otherwise, and called p. */
  static ObjectNode pod(String yaml) {
    ObjectNode pod = (ObjectNode) parse(yaml);
    pod.put("apiVersion", "v1").put("kind", "Pod");
    ObjectNode metadata = pod.withObject("/metadata");
    if (!metadata.has("name")) {
      metadata.put("name", "p").put("namespace", "ml");
    }
    ObjectNode spec = pod.withObject("/spec");
    if (!spec.has("schedulerName")) {
      spec.put("schedulerName", "kerf");
    }
    return pod;
  }

  static JsonNode parse(String yaml) {
    try {
      return YAML.readTree(yaml);
    } catch (IOException wrong) {
      throw new UncheckedIOException(wrong);
    }
  }

  /** What the API server sends when a user creates a pod. */
  static byte[] creation(JsonNode pod) {
    return review("CREATE", "", pod, null);
  }

  static byte[] review(
      String operation, String subresource, JsonNode object, @Nullable JsonNode before) {
    ObjectNode review = JSON.createObjectNode();
    review.put("kind", "AdmissionReview").put("apiVersion", "admission.k8s.io/v1");
    ObjectNode request =
        review.putObject("request").put("uid", "705ab4f5-6393-11e8-b7cc-42010a800002");
    request.putObject("resource").put("group", "").put("version", "v1").put("resource", "pods");
    if (!subresource.isEmpty()) {
      request.put("subResource", subresource);
    }
    request.put("namespace", "ml").put("operation", operation);
    request.putObject("userInfo").put("username", "alice");
    request.set("object", object);
    request.set("oldObject", before);
    return review.toString().getBytes(StandardCharsets.UTF_8);
  }

  Answer mutate(byte[] review) {
    try {
      return admission.mutate(Review.read(review));
    } catch (WireException wrong) {
      throw new AssertionError(wrong);
    }
  }

  Answer validate(byte[] review) {
    try {
      return admission.validate(Review.read(review));
    } catch (WireException wrong) {
      throw new AssertionError(wrong);
    }
  }

  /** The pod as the mutating webhook leaves it; a second call must leave it so. */
  JsonNode mutated(JsonNode pod) {
    JsonNode once = patched(pod, mutate(creation(pod)));
    assertThat(mutate(creation(once)).isPatched()).as("patched again").isFalse();
    return once;
  }

  /** The final answer to the API server about a pod that a user creates. */
  Answer admit(JsonNode pod) {
    return validate(creation(mutated(pod)));
  }

  static JsonNode patched(JsonNode pod, Answer answer) {
    assertThat(answer.isAllowed()).as("%s", answer.problems()).isTrue();
    return answer.patch() == null ? pod : patched(pod, answer.patch().operations());
  }

  /** Applies a patch as RFC 6902 has it: add, replace and remove. */
  static JsonNode patched(JsonNode document, JsonNode operations) {
    JsonNode result = document.deepCopy();
    for (JsonNode operation : operations) {
      String path = operation.path("path").asText();
      int slash = path.lastIndexOf('/');
      JsonNode parent = result.at(path.substring(0, slash));
      String last = path.substring(slash + 1).replace("~1", "/").replace("~0", "~");
      boolean removes = operation.path("op").asText().equals("remove");
      if (parent instanceof ArrayNode array) {
        put(array, last, removes ? null : operation.path("value"), operation);
      } else {
        assertThat(parent.isObject()).as("%s is there", path).isTrue();
        ObjectNode object = (ObjectNode) parent;
        JsonNode before = removes ? object.remove(last) : object.get(last);
        assertThat(before == null && !operation.path("op").asText().equals("add")).isFalse();
        if (!removes) {
          object.set(last, operation.path("value"));
        }
      }
    }
    return result;
  }

  private static void put(
      ArrayNode array, String place, @Nullable JsonNode value, JsonNode operation) {
    int index = place.equals("-") ? array.size() : Integer.parseInt(place);
    if (!operation.path("op").asText().equals("add")) {
      array.remove(index);
    }
    if (value != null) {
      array.insert(index, value);
    }
  }
}
