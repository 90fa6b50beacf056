package gpu.kerf.extender.cluster.kubernetes;

import gpu.kerf.extender.controlplane.ControlPlane;
import java.util.ArrayList;
import java.util.List;

/**
 * What a kubelet and HAMi's device plugin do with a pod that was bound: for every container that
 * has a limit of nvidia.com/gpu the plugin is asked once. It looks up which pod the node's lock
 * names, takes the first entry that is not empty, refuses it if it has another number of devices
 * than the kubelet wants, and empties it; after the last one it ends the phase and unlocks the
 * node.
 */
final class HamiPlugin {
  private static final String TO_ALLOCATE = "hami.io/vgpu-devices-to-allocate";
  private static final String LOCK = "hami.io/mutex.lock";

  private final ControlPlane plane;
  private final String node;

  HamiPlugin(ControlPlane plane, String node) {
    this.plane = plane;
    this.node = node;
  }

  /** The devices for one container, each {@code uuid,kind,memory,cores}. */
  List<String> allocate(int wanted) {
    String[] lock = lock().split(",", -1);
    if (lock.length != 3) {
      throw new AssertionError("No pod is named by the lock of the node: " + lock());
    }
    String namespace = lock[1];
    String pod = lock[2];
    expect(annotation(namespace, pod, "hami.io/bind-phase"), "allocating");
    expect(annotation(namespace, pod, "hami.io/vgpu-node"), node);
    String[] entries = annotation(namespace, pod, TO_ALLOCATE).split(";", -1);
    List<String> devices = List.of();
    for (int i = 0; i < entries.length && devices.isEmpty(); i++) {
      devices = devices(entries[i]);
      entries[i] = "";
    }
    expect("" + devices.size(), "" + wanted);
    annotate(namespace, pod, TO_ALLOCATE + "=" + String.join(";", entries));
    if (!String.join(";", entries).contains("NVIDIA")) {
      annotate(namespace, pod, "hami.io/bind-phase=success");
      plane.kubectl("annotate", "node", node, LOCK + "-");
    }
    return devices;
  }

  private static List<String> devices(String entry) {
    List<String> devices = new ArrayList<>();
    for (String device : entry.split(":", -1)) {
      if (device.contains(",")) {
        expect("" + device.split(",", -1).length, "4");
        devices.add(device);
      }
    }
    return devices;
  }

  String lock() {
    return plane.kubectl(
        "get", "node", node, "-o", "jsonpath={.metadata.annotations.hami\\.io/mutex\\.lock}");
  }

  private String annotation(String namespace, String pod, String key) {
    String path = "jsonpath={.metadata.annotations." + key.replace(".", "\\.") + "}";
    return plane.kubectl("get", "pod", "-n", namespace, pod, "-o", path);
  }

  private void annotate(String namespace, String pod, String annotation) {
    plane.kubectl("annotate", "--overwrite", "pod", "-n", namespace, pod, annotation);
  }

  private static void expect(String found, String wanted) {
    if (!found.equals(wanted)) {
      throw new AssertionError("The plugin would refuse (" + found + "): it wants " + wanted);
    }
  }
}
