package gpu.kerf.extender.audit;

import java.util.List;

/**
 * The GPUs that a node says it has.
 *
 * @param source which object says so; empty if none does
 * @param complete whether the list is complete, so that a GPU that is not listed does not exist
 */
public record NodeGpus(String node, String source, boolean complete, List<Gpu> gpus) {
  /** The mode of a GPU that a DRA driver offers as a whole and in parts that it makes. */
  static final String WHOLE_OR_CUT = "whole-or-cut";

  public NodeGpus {
    gpus = List.copyOf(gpus);
  }

  /**
   * One GPU. What is not said is empty or 0.
   *
   * @param mode {@code plain}, {@code mig}, {@code mig-dynamic} or {@code whole-or-cut}
   * @param instances those that exist; in the last two modes the ones that can be made, if known
   */
  public record Gpu(
      String node,
      int index,
      String uuid,
      String model,
      long memoryMiB,
      String mode,
      List<Instance> instances) {
    public Gpu {
      instances = List.copyOf(instances);
    }

    /** Whether pods can have it whole, or shares of it. */
    boolean isPlain() {
      return mode.equals("plain") || mode.equals(WHOLE_OR_CUT);
    }

    boolean canBeCut() {
      return !mode.equals("plain");
    }

    /** How people name it. */
    String text() {
      return "GPU " + index + (uuid.isEmpty() ? "" : " (" + uuid + ")") + " of node " + node;
    }
  }

  /**
   * A MIG instance that exists.
   *
   * @param size in the driver's units; 0 where it follows from the profile
   */
  public record Instance(String uuid, String profile, int start, int size) {}
}
