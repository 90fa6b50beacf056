package gpu.kerf.extender.audit;

import java.util.List;

/** What one holder has on one node. */
public record Holding(Claimant holder, String node, List<HeldSlot> slots) {
  public Holding {
    slots = List.copyOf(slots);
  }
}
