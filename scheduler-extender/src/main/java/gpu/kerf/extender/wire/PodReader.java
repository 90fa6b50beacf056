package gpu.kerf.extender.wire;

import com.fasterxml.jackson.core.JsonParser;
import gpu.kerf.extender.wire.PodView.Container;
import gpu.kerf.extender.wire.PodView.Granted;
import gpu.kerf.extender.wire.PodView.Owner;
import gpu.kerf.extender.wire.PodView.Phase;
import gpu.kerf.extender.wire.PodView.Ref;
import gpu.kerf.extender.wire.PodView.Resources;
import java.io.IOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads pods as the API server writes them, and keeps the parts that Kerf needs. */
public final class PodReader {

  /** The parts of the path /dev/shm, which may be written with more slashes and dots. */
  private static final List<String> SHM = List.of("dev", "shm");

  /** kubectl keeps the whole manifest there once more. */
  private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

  /** More of what kube-scheduler says helps no reader, and is kept for every pod that waits. */
  private static final int LONGEST_MESSAGE = 300;

  private PodReader() {}

  /** Reads a document that is one pod, from JSON or from a parser that shows YAML as JSON. */
  public static PodView readDocument(JsonParser parser) throws WireException {
    return JsonIn.read(parser, "pod", PodReader::read);
  }

  static PodView read(JsonIn in) throws IOException, WireException {
    return new Draft(in).read();
  }

  /** One pod while it is being read. */
  private static final class Draft {
    private final JsonIn in;
    private String namespace = "";
    private String name = "";
    private String uid = "";
    private String schedulerName = "";
    private String nodeName = "";
    private String nominatedNode = "";
    private Phase phase = Phase.PENDING;
    private int priority;
    private boolean mayPreempt = true;
    private boolean terminating;
    private long createdMillis;
    private long specGraceSeconds = PodView.DEFAULT_GRACE_SECONDS;
    private long deletionGraceSeconds;
    private long deadlineSeconds;
    private List<PodView.Claim> claims = List.of();
    private Map<String, String> madeClaims = Map.of();
    private String resourceClaim = "";
    private String delivery = "";
    private List<String> gates = List.of();
    private long waitsSinceMillis;
    private boolean evictionAnnounced;
    private long boundMillis;
    private String unschedulable = "";
    private String schedulingGroup = "";
    private final ContainerStates states = new ContainerStates();
    private Map<String, String> labels = Map.of();
    private Map<String, String> annotations = Map.of();
    private Map<String, String> overhead = Map.of();
    private Resources resources = Resources.NONE;
    private final List<Container> containers = new ArrayList<>(2);
    private final List<Container> initContainers = new ArrayList<>(0);
    private final List<Owner> owners = new ArrayList<>(1);
    private final Map<String, Granted> granted = new HashMap<>(2);
    private boolean infeasible;

    Draft(JsonIn in) {
      this.in = in;
    }

    PodView read() throws IOException, WireException {
      in.object(this::field);
      Phase proven = phase == Phase.OVER && states.anyRuns() ? Phase.RUNNING : phase;
      boolean stopped = terminating && states.allEnded(containers.size());
      boolean ended = proven == Phase.OVER || stopped;
      return new PodView(
          new Ref(namespace, name, uid),
          schedulerName,
          nodeName,
          nominatedNode,
          proven,
          priority,
          mayPreempt,
          terminating,
          createdMillis,
          Math.max(specGraceSeconds, deletionGraceSeconds),
          deadlineSeconds,
          withMade(claims),
          resourceClaim,
          schedulingGroup,
          ended,
          delivery,
          gates,
          waitsSinceMillis,
          evictionAnnounced,
          boundMillis,
          unschedulable,
          ended ? millis(states.lastEnd()) : 0,
          labels,
          annotations,
          withGranted(containers),
          withGranted(initContainers),
          resources,
          overhead,
          owners);
    }

    /** What is granted is kept only where it is not what is asked for: pods are many. */
    private List<Container> withGranted(List<Container> asked) {
      if (!granted.isEmpty()) {
        asked.replaceAll(this::withGranted);
      }
      return asked;
    }

    private Container withGranted(Container container) {
      Granted said = granted.get(container.name());
      Map<String, String> requests = hostPart(container.resources().requests());
      if (said == null || (said.running().equals(requests) && said.allocated().isEmpty())) {
        return container;
      }
      return container.with(new Granted(said.allocated(), said.running(), infeasible));
    }

    private static Map<String, String> hostPart(Map<String, String> quantities) {
      Map<String, String> part = new HashMap<>(2);
      for (String resource : List.of("cpu", "memory")) {
        String quantity = quantities.get(resource);
        if (quantity != null) {
          part.put(resource, quantity);
        }
      }
      return part;
    }

    private boolean field(String field) throws IOException, WireException {
      switch (field) {
        case "metadata" -> in.object(this::metadata);
        case "spec" -> in.object(this::spec);
        case "status" -> in.object(this::status);
        default -> {
          return false;
        }
      }
      return true;
    }

    private boolean metadata(String field) throws IOException, WireException {
      switch (field) {
        case "name" -> name = in.text();
        case "namespace" -> namespace = in.text();
        case "uid" -> uid = in.text();
        case "labels" -> labels = in.texts();
        case "annotations" -> annotations = annotations();
        case "creationTimestamp" -> createdMillis = millis(in.text());
        case "deletionTimestamp" -> terminating = !in.text().isEmpty();
        case "deletionGracePeriodSeconds" -> deletionGraceSeconds = in.bigInteger();
        case "ownerReferences" -> in.array(() -> owners.add(owner()));
        default -> {
          return false;
        }
      }
      return true;
    }

    private Map<String, String> annotations() throws IOException, WireException {
      Map<String, String> all = in.texts();
      if (!all.containsKey(LAST_APPLIED)) {
        return all;
      }
      Map<String, String> kept = new LinkedHashMap<>(all);
      kept.remove(LAST_APPLIED);
      return kept;
    }

    private static long millis(String time) {
      try {
        return time.isEmpty() ? 0 : Instant.parse(time).toEpochMilli();
      } catch (DateTimeParseException e) {
        return 0;
      }
    }

    private Owner owner() throws IOException, WireException {
      String[] texts = {"", "", ""};
      boolean[] controller = {false};
      in.object(
          field -> {
            switch (field) {
              case "kind" -> texts[0] = in.text();
              case "name" -> texts[1] = in.text();
              case "uid" -> texts[2] = in.text();
              case "controller" -> controller[0] = in.truth();
              default -> {
                return false;
              }
            }
            return true;
          });
      return new Owner(texts[0], texts[1], texts[2], controller[0]);
    }

    private boolean spec(String field) throws IOException, WireException {
      switch (field) {
        case "schedulerName" -> schedulerName = in.text();
        case "nodeName" -> nodeName = in.text();
        case "priority" -> priority = in.integer();
        case "terminationGracePeriodSeconds" -> specGraceSeconds = in.bigInteger();
        case "activeDeadlineSeconds" -> deadlineSeconds = in.bigInteger();
        case "preemptionPolicy" -> mayPreempt = !in.text().equals("Never");
        case "containers" -> in.array(() -> containers.add(container()));
        case "initContainers" -> in.array(() -> initContainers.add(container()));
        case "resources" -> resources = resources();
        case "nodeSelector" -> delivery = in.texts().getOrDefault(Annotations.DELIVERY, "");
        case "overhead" -> overhead = in.texts();
        case "resourceClaims" -> in.array(this::claim);
        case "schedulingGates" -> in.array(this::gate);
        case "schedulingGroup" -> in.object(this::schedulingGroup);
        default -> {
          return false;
        }
      }
      return true;
    }

    private void gate() throws IOException, WireException {
      in.object(
          field -> {
            if (!field.equals("name")) {
              return false;
            }
            if (gates.isEmpty()) {
              gates = new ArrayList<>(1);
            }
            gates.add(in.text());
            return true;
          });
    }

    private boolean schedulingGroup(String field) throws IOException, WireException {
      if (!field.equals("podGroupName")) {
        return false;
      }
      schedulingGroup = in.text();
      return true;
    }

    private void claim() throws IOException, WireException {
      String[] texts = {"", "", ""};
      in.object(
          field -> {
            switch (field) {
              case "name" -> texts[0] = in.text();
              case "resourceClaimName" -> texts[1] = in.text();
              case "resourceClaimTemplateName" -> texts[2] = in.text();
              default -> {
                return false;
              }
            }
            return true;
          });
      if (claims.isEmpty()) {
        claims = new ArrayList<>(2);
      }
      claims.add(new PodView.Claim(texts[0], texts[1], texts[2]));
    }

    /** The controller-manager says here what it made from a template; nothing is no claim. */
    private void madeClaim() throws IOException, WireException {
      String[] texts = {"", ""};
      in.object(
          field -> {
            switch (field) {
              case "name" -> texts[0] = in.text();
              case "resourceClaimName" -> texts[1] = in.text();
              default -> {
                return false;
              }
            }
            return true;
          });
      if (madeClaims.isEmpty()) {
        madeClaims = new HashMap<>(2);
      }
      madeClaims.put(texts[0], texts[1]);
    }

    private List<PodView.Claim> withMade(List<PodView.Claim> written) {
      if (madeClaims.isEmpty()) {
        return written;
      }
      List<PodView.Claim> all = new ArrayList<>(written.size());
      for (PodView.Claim each : written) {
        String made = madeClaims.get(each.name());
        if (made == null || !each.object().isEmpty()) {
          all.add(each);
        } else if (!made.isEmpty()) {
          all.add(new PodView.Claim(each.name(), made, each.template()));
        }
      }
      return all;
    }

    private Container container() throws IOException, WireException {
      String[] called = {""};
      Resources[] asked = {Resources.NONE};
      boolean[] sidecar = {false};
      boolean[] ownShm = {false};
      in.object(
          field -> {
            switch (field) {
              case "name" -> called[0] = in.text();
              case "resources" -> asked[0] = resources();
              case "volumeMounts" -> in.array(() -> ownShm[0] |= mountsOwnShm());
              case "restartPolicy" -> sidecar[0] = in.text().equals("Always");
              default -> {
                return false;
              }
            }
            return true;
          });
      Container container = new Container(called[0], asked[0], sidecar[0]);
      return ownShm[0] ? container.withOwnShm() : container;
    }

    private boolean mountsOwnShm() throws IOException, WireException {
      boolean[] is = {false, true};
      in.object(
          field -> {
            switch (field) {
              case "mountPath" -> is[0] = isShm(in.text());
              case "name" -> is[1] = !in.text().equals(Mps.SHM_VOLUME);
              default -> {
                return false;
              }
            }
            return true;
          });
      return is[0] && is[1];
    }

    private static boolean isShm(String path) {
      return path.startsWith("/")
          && path.contains("shm")
          && Arrays.stream(path.split("/", -1))
              .filter(part -> !part.isEmpty() && !part.equals("."))
              .limit(SHM.size() + 1)
              .toList()
              .equals(SHM);
    }

    private Resources resources() throws IOException, WireException {
      List<Map<String, String>> maps = new ArrayList<>(2);
      maps.add(Map.of());
      maps.add(Map.of());
      in.object(
          field -> {
            switch (field) {
              case "requests" -> maps.set(0, in.texts());
              case "limits" -> maps.set(1, in.texts());
              default -> {
                return false;
              }
            }
            return true;
          });
      return new Resources(maps.get(0), maps.get(1));
    }

    private boolean status(String field) throws IOException, WireException {
      switch (field) {
        case "phase" -> phase = phase(in.text());
        case "nominatedNodeName" -> nominatedNode = in.text();
        case "conditions" -> in.array(this::condition);
        case "resourceClaimStatuses" -> in.array(this::madeClaim);
        case "extendedResourceClaimStatus" ->
            in.object(
                name -> {
                  boolean wanted = name.equals("resourceClaimName");
                  resourceClaim = wanted ? in.text() : resourceClaim;
                  return wanted;
                });
        case "containerStatuses" -> in.array(() -> containerStatus(true));
        case "initContainerStatuses", "ephemeralContainerStatuses" ->
            in.array(() -> containerStatus(false));
        default -> {
          return false;
        }
      }
      return true;
    }

    /**
     * The kubelet says so when the node can never grant a resize, and the API server when a pod was
     * bound; Kerf writes since when a pod waits for its turn, and that it will be evicted.
     */
    private void condition() throws IOException, WireException {
      String[] texts = {"", "", "", "", ""};
      in.object(
          field -> {
            switch (field) {
              case "type" -> texts[0] = in.text();
              case "reason" -> texts[1] = in.text();
              case "status" -> texts[2] = in.text();
              case "lastTransitionTime" -> texts[3] = in.text();
              case "message" -> texts[4] = in.text();
              default -> {
                return false;
              }
            }
            return true;
          });
      if (texts[0].equals(PodView.TURN_CONDITION)) {
        waitsSinceMillis = millis(texts[3]);
      } else if (texts[0].equals(PodView.BOUND_CONDITION) && texts[2].equals("True")) {
        boundMillis = millis(texts[3]);
      } else if (texts[0].equals(PodView.BOUND_CONDITION) && texts[1].equals("Unschedulable")) {
        unschedulable = ShortText.of(texts[4], LONGEST_MESSAGE);
      }
      evictionAnnounced |= texts[0].equals(PodView.EVICTION_CONDITION) && texts[2].equals("True");
      infeasible |=
          texts[0].equals("PodResizePending")
              && texts[1].equals("Infeasible")
              && texts[2].equals("True");
    }

    /**
     * Without {@code resources} the kubelet does not resize containers, or has not begun.
     *
     * @param proper whether it is none of the init or ephemeral containers
     */
    private void containerStatus(boolean proper) throws IOException, WireException {
      String[] called = {""};
      ContainerStates.State[] state = {ContainerStates.State.WAITING};
      List<Map<String, String>> maps = new ArrayList<>(2);
      maps.add(Map.of());
      maps.add(Map.of());
      boolean[] said = {false};
      in.object(
          field -> {
            switch (field) {
              case "name" -> called[0] = in.text();
              case "state" -> state[0] = ContainerStates.read(in);
              case "allocatedResources" -> maps.set(0, hostPart(in.texts()));
              case "resources" -> {
                said[0] = true;
                maps.set(1, hostPart(resources().requests()));
              }
              default -> {
                return false;
              }
            }
            return true;
          });
      states.add(state[0], proper);
      if (said[0]) {
        granted.put(called[0], new Granted(maps.get(0), maps.get(1), false));
      }
    }

    private static Phase phase(String word) {
      return switch (word) {
        case "Succeeded", "Failed" -> Phase.OVER;
        case "", "Pending" -> Phase.PENDING;
        default -> Phase.RUNNING;
      };
    }
  }
}
