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
 * @param serviceAccounts whether pods get a service account and its token, as on a real cluster
 * @param apiServerFlags more flags for kube-apiserver, which win over the usual ones
 * @param schedulerFlags more flags for every kube-scheduler
 * @param controllerFlags more flags for kube-controller-manager, which win over the usual ones
 */
public record Options(
    List<String> users,
    boolean nodeLifecycle,
    boolean serviceAccounts,
    List<String> apiServerFlags,
    List<String> schedulerFlags,
    List<String> controllerFlags) {
  public Options {
    users = List.copyOf(users);
    apiServerFlags = List.copyOf(apiServerFlags);
    schedulerFlags = List.copyOf(schedulerFlags);
    controllerFlags = List.copyOf(controllerFlags);
  }

  public static Options defaults() {
    return new Options(List.of("kerf"), false, false, List.of(), List.of(), List.of());
  }

  public Options user(String name) {
    List<String> more = new ArrayList<>(users);
    more.add(name);
    return new Options(
        more, nodeLifecycle, serviceAccounts, apiServerFlags, schedulerFlags, controllerFlags);
  }

  public Options withNodeLifecycle() {
    return new Options(
        users, true, serviceAccounts, apiServerFlags, schedulerFlags, controllerFlags);
  }

  public Options apiServerFlag(String flag) {
    List<String> more = new ArrayList<>(apiServerFlags);
    more.add(flag);
    return new Options(
        users, nodeLifecycle, serviceAccounts, more, schedulerFlags, controllerFlags);
  }

  public Options schedulerFlag(String flag) {
    List<String> more = new ArrayList<>(schedulerFlags);
    more.add(flag);
    return new Options(
        users, nodeLifecycle, serviceAccounts, apiServerFlags, more, controllerFlags);
  }

  public Options controllerFlag(String flag) {
    List<String> more = new ArrayList<>(controllerFlags);
    more.add(flag);
    return new Options(users, nodeLifecycle, serviceAccounts, apiServerFlags, schedulerFlags, more);
  }

  /** There will be a real node of that name: {@link ControlPlane#node}. */
  public Options withNode(String name) {
    return user(RealNode.user(name))
        .withServiceAccounts()
        .apiServerFlag("--authorization-mode=Node")
        .apiServerFlag("--enable-admission-plugins=NodeRestriction")
        .apiServerFlag("--kubelet-preferred-address-types=InternalIP")
        // Nothing plays kube-proxy: webhooks are asked at the addresses of their pods.
        .apiServerFlag("--enable-aggregator-routing");
  }

  /** There will be a real node of that name with a DRA driver: {@link ControlPlane#draNode}. */
  public Options withDraNode(String name) {
    return withNode(name).user(DraNode.DRIVER);
  }

  public Options withServiceAccounts() {
    return new Options(users, nodeLifecycle, true, apiServerFlags, schedulerFlags, controllerFlags);
  }
}
