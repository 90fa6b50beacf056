package gpu.kerf.extender.cluster;

import gpu.kerf.extender.wire.PodView;
import java.util.List;

/**
 * The devices of a DRA driver that a pod is to get on a node, and which of its containers get
 * which.
 */
public record DeviceClaim(
    PodView.Ref pod, String node, List<Request> requests, List<Mapping> mappings) {

  public DeviceClaim {
    requests = List.copyOf(requests);
    mappings = List.copyOf(mappings);
  }

  /**
   * Devices that are given together, to one container or to several that share them.
   *
   * @param name such as {@code container-0-request-0}
   */
  public record Request(String name, String deviceClass, List<Device> devices) {
    public Request {
      devices = List.copyOf(devices);
    }

    /** Of how much memory the request consumes a part on each device; 0 for whole devices. */
    public int memoryMiB() {
      return devices.get(0).memoryMiB();
    }
  }

  /**
   * One device.
   *
   * @param pool the driver's pool that it is in
   * @param memoryMiB how much of its memory is consumed; 0 where nothing else may use the device
   */
  public record Device(String driver, String pool, String name, int memoryMiB) {}

  /** Which resource of a container stands for which request. */
  public record Mapping(String container, String resource, String request) {}
}
