package gpu.kerf.model.placement;

import gpu.kerf.model.demand.PodDemand;
import gpu.kerf.model.hardware.DeliveryWay;
import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.GpuModels;
import gpu.kerf.model.hardware.MigProfile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A pod's demand, worked out for the GPU models of a fleet: prepare it once, try it on every node.
 *
 * <p>Belongs to the thread that owns the fleet.
 */
public final class PreparedDemand {

  private final PodDemand demand;
  private final GpuModels models;
  private final List<Need> needs = new ArrayList<>();
  private final int ways;
  private int known = -1;

  public PreparedDemand(PodDemand demand, GpuModels models) {
    this.demand = demand;
    this.models = models;
    this.ways = demand.containers().isEmpty() ? -1 : bits(demand);
    for (PodDemand.Container container : demand.containers()) {
      needs.add(new Need(container.demand()));
    }
    refresh();
  }

  private static int bits(PodDemand demand) {
    return demand.ways().stream().mapToInt(DeliveryWay::bit).sum();
  }

  /** Whether who hands out a node's GPUs would hand any to this pod. */
  boolean canBeHandedOutOn(NodeState node) {
    return (ways & node.deliveryBit) != 0;
  }

  /** Takes models into account that came into the fleet since. */
  void refresh() {
    if (known != models.size()) {
      needs.forEach(need -> need.learn(models));
      known = models.size();
    }
  }

  public PodDemand demand() {
    return demand;
  }

  /** The memory that a container's share takes of a GPU model; 0 where it can be no share. */
  public int shareMiB(int container, GpuModel model) {
    int index = indexOf(model);
    return needs.get(container).shareMiB(index);
  }

  /** Whether a container may get a whole GPU of a model. */
  public boolean isWholeOn(int container, GpuModel model) {
    int index = indexOf(model);
    return needs.get(container).wholeOn(index);
  }

  /** The profiles of a model that may be cut for a container, without those that only take more. */
  public List<MigProfile> profilesToCut(int container, GpuModel model) {
    int index = indexOf(model);
    return profiles(needs.get(container).cuttable(index), model);
  }

  /** The profiles of a model whose existing instances serve a container. */
  public List<MigProfile> profilesThatServe(int container, GpuModel model) {
    int index = indexOf(model);
    return profiles(needs.get(container).acceptable(index), model);
  }

  private static List<MigProfile> profiles(int[] indexes, GpuModel model) {
    return Arrays.stream(indexes).mapToObj(model.profiles()::get).toList();
  }

  private int indexOf(GpuModel model) {
    int index = models.indexOf(model);
    refresh();
    return index;
  }

  List<Need> needs() {
    return needs;
  }

  GpuModels models() {
    return models;
  }
}
