package gpu.kerf.extender.usage;

import gpu.kerf.model.fleet.Holder;
import gpu.kerf.model.placement.Placement;
import gpu.kerf.model.usage.UsageHolding;
import gpu.kerf.model.usage.UsagePart;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A pod that holds parts of GPUs, and since when it does. */
final class HeldPod {
  private final Holder holder;
  private final String owner;
  private final String queue;
  private final long since;
  private Placement placement;
  private List<UsagePart> parts;

  /** When its containers had ended, as far as that is known. */
  private long end = Long.MAX_VALUE;

  /** Null while nothing is counted yet. */
  private @Nullable UsageHolding holding;

  /**
   * @param queue the queue of KAI that it names; empty for none
   */
  HeldPod(Holder holder, String queue, Placement placement, List<UsagePart> parts, long since) {
    this.holder = holder;
    this.owner = holder.owner().isEmpty() ? "Pod/" + holder.name() : holder.owner();
    this.queue = queue;
    this.placement = placement;
    this.parts = parts;
    this.since = since;
  }

  Holder holder() {
    return holder;
  }

  String namespace() {
    return holder.namespace();
  }

  String owner() {
    return owner;
  }

  String queue() {
    return queue;
  }

  long since() {
    return since;
  }

  Placement placement() {
    return placement;
  }

  List<UsagePart> parts() {
    return parts;
  }

  void holds(Placement other, List<UsagePart> otherParts) {
    placement = other;
    parts = otherParts;
  }

  long end() {
    return end;
  }

  void endedAt(long millis) {
    end = millis;
  }

  @Nullable UsageHolding holding() {
    return holding;
  }

  void countedAs(UsageHolding counted) {
    holding = counted;
  }
}
