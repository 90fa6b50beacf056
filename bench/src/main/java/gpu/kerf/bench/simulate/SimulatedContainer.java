package gpu.kerf.bench.simulate;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A running container, and the parts of GPUs that it can touch. */
record SimulatedContainer(PodObject pod, String name, List<Touch> touches) {

  SimulatedContainer {
    touches = List.copyOf(touches);
  }

  /**
   * A device in a container.
   *
   * @param instance the MIG instance; null if it is the whole card or a share of it
   * @param shareMiB how much memory the MPS daemon lets it have; 0 if it is no share
   */
  record Touch(Gpu gpu, Gpu.@Nullable Instance instance, long shareMiB) {
    /** Whether both cannot be given at the same time; of the same card. */
    boolean collides(Touch other) {
      if (instance != null && other.instance != null) {
        return gpu.offer() == Gpu.Offer.MIG_ON_DEMAND
            ? instance.overlaps(other.instance)
            : instance.uuid().equals(other.instance.uuid());
      }
      return shareMiB == 0 || other.shareMiB == 0;
    }

    /** The same for touches of any cards. */
    boolean overlaps(Touch other) {
      return gpu == other.gpu && collides(other);
    }

    @Override
    public String toString() {
      return instance != null
          ? instance.uuid()
          : shareMiB > 0 ? gpu.uuid() + " with " + shareMiB + " MiB" : gpu.uuid();
    }
  }

  @Override
  public String toString() {
    return name + "=" + touches;
  }
}
