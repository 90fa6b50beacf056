package gpu.kerf.extender.wire;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The parts of a pod object that Kerf uses.
 *
 * @param nodeName where it is bound to; empty while it is pending
 * @param nominatedNode where kube-scheduler expects it to go once victims are gone; else empty
 * @param resources what the pod asks for as a whole, where it does ({@code spec.resources})
 * @param createdMillis 0 if the pod does not say
 * @param graceSeconds how long its containers may run on after they were told to stop
 * @param deadlineSeconds how long it may run ({@code activeDeadlineSeconds}); 0 if nothing ends it
 * @param claims its own ResourceClaims ({@code spec.resourceClaims}), without those that its status
 *     says it does not need
 * @param resourceClaim the name of the resource claim that was made for the resources that its
 *     containers ask for, so that no device plugin serves them; empty if none was
 * @param schedulingGroup the PodGroup of Kubernetes that it is in; empty if it is in none
 * @param ended whether all its containers were reported to have ended
 * @param delivery the delivery of nodes that its node selector asks for; empty if it asks for none
 * @param gates the names of its scheduling gates
 * @param waitsSinceMillis since when it waits for its turn, as Kerf has written on it; 0 if it has
 *     not
 * @param evictionAnnounced whether its status says that Kerf will evict it
 * @param boundMillis when the API server bound it, to the second; 0 if it is not bound or does not
 *     say
 * @param unschedulable what kube-scheduler says that keeps it from every node; empty if it is not
 *     pending for that
 * @param endedMillis when the last of its containers had ended, to the second; 0 if one may run or
 *     it does not say
 */
public record PodView(
    Ref ref,
    String schedulerName,
    String nodeName,
    String nominatedNode,
    Phase phase,
    int priority,
    boolean mayPreempt,
    boolean terminating,
    long createdMillis,
    long graceSeconds,
    long deadlineSeconds,
    List<Claim> claims,
    String resourceClaim,
    String schedulingGroup,
    boolean ended,
    String delivery,
    List<String> gates,
    long waitsSinceMillis,
    boolean evictionAnnounced,
    long boundMillis,
    String unschedulable,
    long endedMillis,
    Map<String, String> labels,
    Map<String, String> annotations,
    List<Container> containers,
    List<Container> initContainers,
    Resources resources,
    Map<String, String> overhead,
    List<Owner> owners) {

  /** How the names of the ResourceClaims begin that Kerf makes; the pod's uid follows. */
  public static final String CLAIM_PREFIX = "kerf-";

  /** The scheduling gate that keeps a pod from kube-scheduler until it is its turn. */
  public static final String TURN_GATE = "kerf.gpu/turn";

  /** The condition that says whether it is a pod's turn; since when it waits is its time. */
  public static final String TURN_CONDITION = "kerf.gpu/Turn";

  /** The condition that says that Kerf will evict a pod, and when. */
  public static final String EVICTION_CONDITION = "kerf.gpu/EvictionAnnounced";

  /** The condition whose time says when it was bound. */
  static final String BOUND_CONDITION = "PodScheduled";

  /** What the API server sets where a pod says nothing. */
  public static final long DEFAULT_GRACE_SECONDS = 30;

  /** Which pod. */
  public record Ref(String namespace, String name, String uid) {
    @Override
    public String toString() {
      return namespace + "/" + name;
    }
  }

  /** How far a pod has come. */
  public enum Phase {
    PENDING,
    RUNNING,
    /** Succeeded or failed: its containers are gone, and hold nothing any more. */
    OVER
  }

  /**
   * One container.
   *
   * @param sidecar an init container that keeps running beside the others
   * @param ownShm whether it mounts a volume of the pod's own at /dev/shm
   * @param granted what the kubelet says of its CPU and memory
   */
  public record Container(
      String name, Resources resources, boolean sidecar, boolean ownShm, Granted granted) {

    /** A container of which the kubelet has said nothing. */
    public Container(String name, Resources resources, boolean sidecar) {
      this(name, resources, sidecar, false, Granted.NOTHING_SAID);
    }

    /** The same, as the kubelet has granted it. */
    public Container with(Granted said) {
      return new Container(name, resources, sidecar, ownShm, said);
    }

    /** The same with a volume of the pod's own at /dev/shm. */
    public Container withOwnShm() {
      return new Container(name, resources, sidecar, true, granted);
    }
  }

  /**
   * The CPU and memory that the kubelet has granted to a container, while that differs from what
   * the container asks for: a resize in place is not done yet.
   *
   * @param allocated what the kubelet has set aside for it
   * @param running what it runs with
   * @param infeasible whether the node can never grant what is asked for
   */
  public record Granted(
      Map<String, String> allocated, Map<String, String> running, boolean infeasible) {
    public static final Granted NOTHING_SAID = new Granted(Map.of(), Map.of(), false);
  }

  /** Quantities by resource name, as they are written. */
  public record Resources(Map<String, String> requests, Map<String, String> limits) {
    public static final Resources NONE = new Resources(Map.of(), Map.of());

    /** The limit, or the request where there is no limit; empty if neither is written. */
    public String limitOrRequest(String resource) {
      String limit = limits.get(resource);
      return limit != null ? limit : requests.getOrDefault(resource, "");
    }

    /** The request, or the limit where there is no request; empty if neither is written. */
    public String requestOrLimit(String resource) {
      String request = requests.get(resource);
      return request != null ? request : limits.getOrDefault(resource, "");
    }
  }

  /**
   * A ResourceClaim that a pod names.
   *
   * @param name what the pod calls it
   * @param object the name of the ResourceClaim; empty while none was made from the template
   * @param template the name of the ResourceClaimTemplate that it is made from; empty if it is not
   */
  public record Claim(String name, String object, String template) {}

  /** What created the pod. */
  public record Owner(String kind, String name, String uid, boolean controller) {}

  public String uid() {
    return ref.uid();
  }

  /** Whether it has ResourceClaims of its own. */
  public boolean claimsDevices() {
    return !claims.isEmpty();
  }

  /** Whether Kerf made a claim for its resources once, and the pod still names it. */
  public boolean isClaimedByKerf() {
    return resourceClaim.equals(CLAIM_PREFIX + uid());
  }

  /** Whether Kerf's gate keeps it from kube-scheduler. */
  public boolean waitsAtGate() {
    return gates.contains(TURN_GATE);
  }

  public boolean isBound() {
    return !nodeName.isEmpty();
  }

  /** What controls the pod, as {@code Job/name}; empty if nothing does. */
  public String owner() {
    for (Owner owner : owners) {
      if (owner.controller()) {
        return owner.kind() + "/" + owner.name();
      }
    }
    return "";
  }

  /** An annotation's value; empty if it is not there. */
  public String annotation(String key) {
    return annotations.getOrDefault(key, "");
  }

  /** Begins a pod of one scheduler with nothing in it. */
  public static Builder of(Ref ref) {
    return new Builder(ref);
  }

  /** Gathers what is known of a pod. */
  public static final class Builder {
    private final Ref ref;
    private final Map<String, String> labels = new LinkedHashMap<>();
    private final Map<String, String> annotations = new LinkedHashMap<>();
    private final List<Container> containers = new ArrayList<>();
    private final List<Container> initContainers = new ArrayList<>();
    private final List<Owner> owners = new ArrayList<>();
    private String schedulerName = "";
    private String nodeName = "";
    private String nominatedNode = "";
    private Phase phase = Phase.PENDING;
    private int priority;
    private boolean mayPreempt = true;
    private boolean terminating;
    private long createdMillis;
    private long graceSeconds = DEFAULT_GRACE_SECONDS;
    private long deadlineSeconds;
    private final List<Claim> claims = new ArrayList<>(0);
    private String resourceClaim = "";
    private String schedulingGroup = "";
    private boolean ended;
    private String delivery = "";
    private final List<String> gates = new ArrayList<>();
    private long waitsSinceMillis;
    private boolean evictionAnnounced;
    private long boundMillis;
    private String unschedulable = "";
    private long endedMillis;
    private Resources resources = Resources.NONE;
    private Map<String, String> overhead = Map.of();

    private Builder(Ref ref) {
      this.ref = ref;
    }

    public Builder schedulerName(String value) {
      schedulerName = value;
      return this;
    }

    public Builder nodeName(String value) {
      nodeName = value;
      return this;
    }

    public Builder nominatedNode(String value) {
      nominatedNode = value;
      return this;
    }

    public Builder phase(Phase value) {
      phase = value;
      return this;
    }

    public Builder priority(int value) {
      priority = value;
      return this;
    }

    /** Its preemption policy is {@code Never}. */
    public Builder neverPreempts() {
      mayPreempt = false;
      return this;
    }

    /** It has a deletion time. */
    public Builder terminating() {
      terminating = true;
      return this;
    }

    public Builder createdMillis(long value) {
      createdMillis = value;
      return this;
    }

    public Builder deadlineSeconds(long value) {
      deadlineSeconds = value;
      return this;
    }

    public Builder graceSeconds(long value) {
      graceSeconds = value;
      return this;
    }

    /** A resource claim was made for the resources that it asks for. */
    public Builder resourceClaim(String name) {
      resourceClaim = name;
      return this;
    }

    /** It has a resource claim. */
    public Builder claimsDevices() {
      return claim(new Claim("devices", "", ""));
    }

    public Builder claim(Claim claim) {
      claims.add(claim);
      return this;
    }

    /** The PodGroup of Kubernetes that it is in. */
    public Builder schedulingGroup(String name) {
      schedulingGroup = name;
      return this;
    }

    /** Its containers were reported to have ended. */
    public Builder ended() {
      ended = true;
      return this;
    }

    /** The delivery of nodes that its node selector asks for. */
    public Builder delivery(String word) {
      delivery = word;
      return this;
    }

    /** It has a scheduling gate of this name. */
    public Builder gate(String name) {
      gates.add(name);
      return this;
    }

    public Builder evictionAnnounced(boolean value) {
      evictionAnnounced = value;
      return this;
    }

    public Builder waitsSinceMillis(long value) {
      waitsSinceMillis = value;
      return this;
    }

    /** When it was bound, as the API server says. */
    public Builder boundMillis(long value) {
      boundMillis = value;
      return this;
    }

    /** What kube-scheduler says that keeps it from every node. */
    public Builder unschedulable(String value) {
      unschedulable = value;
      return this;
    }

    /** When the last of its containers had ended. */
    public Builder endedMillis(long value) {
      endedMillis = value;
      return this;
    }

    public Builder label(String key, String value) {
      labels.put(key, value);
      return this;
    }

    public Builder annotation(String key, String value) {
      annotations.put(key, value);
      return this;
    }

    public Builder annotations(Map<String, String> more) {
      annotations.putAll(more);
      return this;
    }

    /** A container with limits, which the API server copies to its requests. */
    public Builder container(String name, Map<String, String> limits) {
      return container(new Container(name, new Resources(limits, limits), false));
    }

    public Builder container(Container container) {
      containers.add(container);
      return this;
    }

    public Builder initContainer(Container container) {
      initContainers.add(container);
      return this;
    }

    public Builder resources(Resources value) {
      resources = value;
      return this;
    }

    public Builder overhead(Map<String, String> value) {
      overhead = value;
      return this;
    }

    public Builder owner(Owner owner) {
      owners.add(owner);
      return this;
    }

    public PodView build() {
      return new PodView(
          ref,
          schedulerName,
          nodeName,
          nominatedNode,
          phase,
          priority,
          mayPreempt,
          terminating,
          createdMillis,
          graceSeconds,
          deadlineSeconds,
          claims,
          resourceClaim,
          schedulingGroup,
          ended || phase == Phase.OVER,
          delivery,
          gates,
          waitsSinceMillis,
          evictionAnnounced,
          boundMillis,
          unschedulable,
          endedMillis,
          labels,
          annotations,
          containers,
          initContainers,
          resources,
          overhead,
          owners);
    }
  }
}
