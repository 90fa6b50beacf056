package gpu.kerf.model.analysis;

import gpu.kerf.model.fleet.Fleet;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.placement.NodeState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How full a fleet is, and how much of its free memory the usual demands can use.
 *
 * @param nodes in the order of their names
 * @param models in the order in which they come up on those nodes
 */
public record FleetNumbers(List<OfNode> nodes, List<OfModel> models) {

  /** The GPUs of one node. */
  public record OfNode(String node, int gpus, MemoryCount memory, LargestRoom room) {}

  /** All GPUs of one model. */
  public record OfModel(GpuModel model, int gpus, MemoryCount memory, LargestRoom room) {}

  public FleetNumbers {
    nodes = List.copyOf(nodes);
    models = List.copyOf(models);
  }

  public static FleetNumbers of(Fleet fleet, UsualDemands usual) {
    List<OfNode> nodes = new ArrayList<>();
    Map<GpuModel, OfModel> models = new LinkedHashMap<>();
    for (NodeState node : byName(fleet)) {
      OfNode sum = new OfNode(node.name(), node.gpus(), MemoryCount.NONE, LargestRoom.NONE);
      for (int gpu = 0; gpu < node.gpus(); gpu++) {
        GpuModel model = node.gpuModel(gpu);
        MemoryCount memory = MemoryCount.of(node, gpu, usual);
        LargestRoom room = LargestRoom.of(node, gpu);
        models.merge(model, new OfModel(model, 1, memory, room), FleetNumbers::sum);
        sum = new OfNode(sum.node, sum.gpus, sum.memory.plus(memory), sum.room.plus(room));
      }
      nodes.add(sum);
    }
    return new FleetNumbers(nodes, List.copyOf(models.values()));
  }

  private static OfModel sum(OfModel one, OfModel other) {
    return new OfModel(
        one.model, one.gpus + other.gpus, one.memory.plus(other.memory), one.room.plus(other.room));
  }

  private static List<NodeState> byName(Fleet fleet) {
    @Nullable NodeState[] sorted = new NodeState[fleet.limit()];
    for (int i = 0; i < fleet.limit(); i++) {
      NodeState node = fleet.at(i);
      if (node != null) {
        sorted[fleet.rank(i)] = node;
      }
    }
    List<NodeState> nodes = new ArrayList<>();
    for (NodeState node : sorted) {
      if (node != null) {
        nodes.add(node);
      }
    }
    return nodes;
  }

  /** All GPUs together. */
  public MemoryCount memory() {
    return models.stream().map(OfModel::memory).reduce(MemoryCount.NONE, MemoryCount::plus);
  }

  /** The largest demands that fit somewhere. */
  public LargestRoom room() {
    return models.stream().map(OfModel::room).reduce(LargestRoom.NONE, LargestRoom::plus);
  }
}
