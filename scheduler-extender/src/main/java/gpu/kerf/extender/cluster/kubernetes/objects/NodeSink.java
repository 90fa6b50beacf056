package gpu.kerf.extender.cluster.kubernetes.objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gpu.kerf.extender.cluster.ClusterListener;
import gpu.kerf.extender.cluster.kubernetes.calling.JsonSlice;
import gpu.kerf.extender.cluster.kubernetes.inventory.Inventories;
import gpu.kerf.extender.cluster.kubernetes.inventory.Inventory;
import gpu.kerf.extender.cluster.kubernetes.watching.Meta;
import gpu.kerf.extender.cluster.kubernetes.watching.Sink;
import gpu.kerf.extender.wire.WireException;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.NodeSpec;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns node objects into nodes with GPUs. Only nodes with the label {@code kerf.gpu/managed=true}
 * are Kerf's. A node with an invalid inventory is unusable, and its event says why.
 */
public final class NodeSink implements Sink<NodeObject> {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Inventories inventories;
  private final ClusterListener listener;
  private final NodeListener nodeListener;
  private final DraNodes dra;
  private final Map<String, Node> nodes = new HashMap<>();

  /** Who else wants to know. */
  public interface NodeListener {
    /** A node is there, or is another than before; called before all else. */
    void nodeChanged(String node, NodeObject.Kubelet kubelet);

    /** A node can be used, or can no longer be managed: this is what it should advertise. */
    void advertise(NodeObject node, @Nullable NodeSpec spec);

    /** Its GPUs are others than before, or there for the first time. */
    void changed(String node);

    /** A node is used by an older inventory than the one that it has now. */
    void doubtful(Meta node, String problem);

    /** A node is there and cannot be used. */
    public void unusable(Meta node, String problem);

    void nodeRemoved(String node);
  }

  /**
   * A node as it was told last.
   *
   * @param spec null if it cannot be used
   * @param problem why it cannot be used, or why its inventory is an older one; else empty
   * @param named the last inventory with the UUIDs of all GPUs; null if there was none
   * @param byDriver whether a DRA driver hands out its GPUs, or did when that was last known
   */
  private record Node(
      Meta meta,
      NodeObject object,
      @Nullable NodeSpec spec,
      long unusable,
      String problem,
      @Nullable Inventory named,
      boolean byDriver) {

    boolean isOutdated() {
      return spec != null && !problem.isEmpty();
    }

    /** The same as if the listener knew nothing of it. */
    Node untold() {
      return new Node(meta, object, null, 0, "", named, byDriver);
    }
  }

  public NodeSink(
      Inventories inventories, ClusterListener listener, NodeListener nodeListener, DraNodes dra) {
    this.inventories = inventories;
    this.listener = listener;
    this.nodeListener = nodeListener;
    this.dra = dra;
  }

  @Override
  public NodeObject read(Meta meta, JsonSlice json) throws WireException {
    try {
      JsonNode object = JSON.readTree(json.bytes(), json.offset(), json.length());
      return NodeObject.read(meta.name(), object);
    } catch (IOException e) {
      throw new WireException("The node cannot be read: " + e.getMessage());
    }
  }

  @Override
  public void put(Meta meta, NodeObject object) {
    Node before = nodes.get(meta.name());
    nodeListener.nodeChanged(meta.name(), object.kubelet());
    if (!object.managed()) {
      if (before != null) {
        listener.nodeRemoved(meta.name());
        nodes.remove(meta.name());
      }
      nodeListener.advertise(object, null);
      return;
    }
    use(before, look(meta, object, before));
  }

  /** What the listener did not take in is told again the next time. */
  private void use(@Nullable Node before, Node now) {
    nodes.put(now.meta.name(), now);
    try {
      tell(before, now);
    } catch (RuntimeException | Error e) {
      nodes.put(now.meta.name(), now.untold());
      throw e;
    }
  }

  /** Slices that Kerf cannot use do not matter on a node that another component serves. */
  private boolean mayBeByDriver(NodeObject object) {
    String label = object.facts().label(NodeDelivery.LABEL);
    return label.equals(DeliveryWay.DRA.word())
        || (label.isEmpty() && dra == DraNodes.ALL_THAT_CAN);
  }

  /**
   * The last inventory of a node with UUIDs is kept while pods are there, for without UUIDs it
   * could not be known any more which GPUs they use.
   */
  private Node look(Meta meta, NodeObject object, @Nullable Node before) {
    Inventory named = before == null ? null : before.named;
    boolean wasByDriver = before != null && before.byDriver;
    try {
      Inventory byDriver = mayBeByDriver(object) ? inventories.ofDriver(meta.name()) : null;
      DeliveryWay delivery = NodeDelivery.of(object, byDriver != null, dra, wasByDriver);
      Inventory newest =
          delivery == DeliveryWay.DRA && byDriver != null ? byDriver : inventory(object, delivery);
      Inventory used = named == null || mayReplace(newest, meta.name()) ? newest : named;
      Inventory inventory = NodeDelivery.fit(used, delivery);
      NodeSpec spec =
          new NodeSpec(
              meta.name(),
              inventory.gpus(),
              inventory.topology(),
              object.cpuMilli(),
              object.memoryMiB(),
              delivery,
              inventory.devices());
      return new Node(
          meta,
          object,
          spec,
          inventory.unusable() | NodeDelivery.unserved(object, inventory, delivery),
          used.equals(newest) ? "" : outdated(meta.name()),
          used.isNamed() ? used : null,
          delivery == DeliveryWay.DRA);
    } catch (WireException | IllegalArgumentException e) {
      return new Node(meta, object, null, 0, String.valueOf(e.getMessage()), named, wasByDriver);
    }
  }

  private Inventory inventory(NodeObject object, DeliveryWay delivery) throws WireException {
    return delivery == DeliveryWay.HAMI_MIG
        ? inventories.ofHamiMig(object.facts())
        : inventories.of(object.facts());
  }

  private boolean mayReplace(Inventory newest, String node) {
    return newest.isNamed() || !listener.isInUse(node);
  }

  private static String outdated(String node) {
    return "Node "
        + node
        + " gives no UUIDs of its GPUs any more, and pods are on it: its last inventory with UUIDs"
        + " is used until they are gone.\n"
        + "Maybe the annotation kerf.gpu/inventory was removed, or the DRA driver does not run.";
  }

  private void tell(@Nullable Node before, Node now) {
    NodeSpec spec = now.spec;
    if (spec == null) {
      boolean known = before != null && before.problem.equals(now.problem);
      if (!known) {
        listener.nodeUnusable(now.meta.name(), now.problem);
        nodeListener.unusable(now.meta, now.problem);
      }
      return;
    }
    if (before == null
        || before.spec == null
        || !now.object.rules().equals(before.object.rules())) {
      listener.nodeRulesChanged(spec.name(), now.object.rules());
    }
    boolean same = before != null && spec.equals(before.spec);
    if (!same) {
      listener.nodeChanged(spec);
      nodeListener.changed(spec.name());
    }
    if (before == null || !same || before.unusable != now.unusable) {
      listener.gpusUnusable(spec.name(), now.unusable);
    }
    boolean was = before != null && before.isOutdated();
    if (now.isOutdated() && (!was || !same)) {
      listener.inventoryDoubtful(spec.name(), now.problem);
    }
    if (now.isOutdated() && !was) {
      nodeListener.doubtful(now.meta, now.problem);
    } else if (was && !now.isOutdated()) {
      listener.inventoryDoubtful(spec.name(), "");
    }
    nodeListener.advertise(now.object, spec);
  }

  @Override
  public void unreadable(Meta meta, String problem) {
    nodes.remove(meta.name());
    listener.nodeUnusable(meta.name(), problem);
    nodeListener.unusable(meta, problem);
  }

  @Override
  public void deleted(Meta meta) {
    if (nodes.containsKey(meta.name())) {
      listener.nodeRemoved(meta.name());
      nodes.remove(meta.name());
    }
    nodeListener.nodeRemoved(meta.name());
  }

  /** Something else that an inventory is read from has changed. */
  public void lookAgain(String name) {
    Node before = nodes.get(name);
    if (before != null) {
      use(before, look(before.meta, before.object, before));
    }
  }

  /** Looks again at nodes that are used by an older inventory: they may be empty by now. */
  public void tick() {
    nodes.values().stream()
        .filter(Node::isOutdated)
        .map(node -> node.meta.name())
        .toList()
        .forEach(this::lookAgain);
  }

  /** A node that is managed and can be used; null for any other. */
  public @Nullable NodeSpec spec(String name) {
    Node node = nodes.get(name);
    return node == null ? null : node.spec;
  }

  /** How many nodes are managed. */
  public int managed() {
    return nodes.size();
  }

  /** How many nodes are managed and cannot be used. */
  public long unusable() {
    return nodes.values().stream().filter(node -> node.spec == null).count();
  }
}
