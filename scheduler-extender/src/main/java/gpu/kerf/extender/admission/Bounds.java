package gpu.kerf.extender.admission;

import com.fasterxml.jackson.databind.JsonNode;
import gpu.kerf.extender.admission.PodProblem.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Limits on the parts of a pod that a review examines one by one, such as containers and volumes.
 * Usual pods are far below the limits. A pod above a limit is refused before the rest of it is
 * read, so that every review is short.
 */
final class Bounds {

  static final int CONTAINERS = 256;
  static final int VOLUMES = 256;

  /** Of annotations, labels, and entries of the lists of one container. */
  static final int ENTRIES = 1024;

  /** Of the same, of all containers together. */
  static final int ALL_ENTRIES = 8192;

  private static final int LONGEST_PATH = 4096;

  private static final String[] CONTAINER_LISTS = {
    "containers", "initContainers", "ephemeralContainers"
  };
  private static final String[] LISTS = {"env", "volumeMounts", "volumeDevices"};

  private @Nullable PodProblem problem;

  private Bounds() {}

  /** Of what the pod has too much; null if of nothing. */
  static @Nullable PodProblem problem(JsonNode pod) {
    Bounds bounds = new Bounds();
    bounds.check(pod);
    return bounds.problem;
  }

  private void check(JsonNode pod) {
    JsonNode spec = pod.path("spec");
    atMost(ENTRIES, "annotations", pod.path("metadata").path("annotations").size());
    atMost(ENTRIES, "labels", pod.path("metadata").path("labels").size());
    atMost(VOLUMES, "volumes", spec.path("volumes").size());
    atMost(VOLUMES, "resource claims", spec.path("resourceClaims").size());
    int containers = 0;
    for (String list : CONTAINER_LISTS) {
      containers += spec.path(list).size();
    }
    atMost(CONTAINERS, "containers", containers);
    if (problem == null) {
      spec.path("volumes").forEach(this::checkVolume);
      checkContainers(spec);
    }
  }

  private void checkVolume(JsonNode volume) {
    atMost(ENTRIES, "fields of a volume", volume.size());
    atMost(LONGEST_PATH, "letters of a host path", length(volume.path("hostPath").path("path")));
  }

  private static int length(JsonNode text) {
    return text.isTextual() ? text.textValue().length() : 0;
  }

  private void checkContainers(JsonNode spec) {
    int all = 0;
    for (String list : CONTAINER_LISTS) {
      for (JsonNode container : spec.path(list)) {
        all += entries(container);
      }
    }
    atMost(ALL_ENTRIES, "variables, mounts, resources and capabilities", all);
  }

  private int entries(JsonNode container) {
    int all = 0;
    for (String list : LISTS) {
      int size = container.path(list).size();
      atMost(ENTRIES, list + " of a container", size);
      all += size;
    }
    JsonNode resources = container.path("resources");
    int amounts = resources.path("limits").size() + resources.path("requests").size();
    int added = container.path("securityContext").path("capabilities").path("add").size();
    for (JsonNode mount : container.path("volumeMounts")) {
      atMost(LONGEST_PATH, "letters of a mountPath", length(mount.path("mountPath")));
    }
    for (JsonNode device : container.path("volumeDevices")) {
      atMost(LONGEST_PATH, "letters of a devicePath", length(device.path("devicePath")));
    }
    atMost(ENTRIES, "resources of a container", amounts);
    atMost(ENTRIES, "capabilities of a container", added);
    return all + amounts + added;
  }

  private void atMost(int most, String what, int number) {
    if (number > most && problem == null) {
      problem =
          new PodProblem(
              Kind.TOO_MUCH,
              "The number of " + what + " (" + number + ") is more than " + most + ".",
              "Maybe split the pod.");
    }
  }
}
