package gpu.kerf.extender.controlplane;

import java.util.ArrayList;
import java.util.List;

/**
 * What a test wants of its control plane.
 *
 * @param users who has a token besides the administrator and the control plane itself; what they
 *     may do is for the test to say, with RBAC. The name of a service account is {@code
 *     system:serviceaccount:NAMESPACE:NAME}.
 * @param nodeLifecycle whether nodes without a heartbeat become unreachable after 40 seconds, as on
 *     a real cluster; without it a node is what its status says
 * @param apiServerFlags more flags for kube-apiserver, which win over the usual ones
 */
public record Options(List<String> users, boolean nodeLifecycle, List<String> apiServerFlags) {
  public Options {
    users = List.copyOf(users);
    apiServerFlags = List.copyOf(apiServerFlags);
  }

  public static Options defaults() {
    return new Options(List.of("kerf"), false, List.of());
  }

  public Options user(String name) {
    List<String> more = new ArrayList<>(users);
    more.add(name);
    return new Options(more, nodeLifecycle, apiServerFlags);
  }

  public Options withNodeLifecycle() {
    return new Options(users, true, apiServerFlags);
  }

  public Options apiServerFlag(String flag) {
    List<String> more = new ArrayList<>(apiServerFlags);
    more.add(flag);
    return new Options(users, nodeLifecycle, more);
  }
}
