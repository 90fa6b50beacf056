package gpu.kerf.model.demand;

import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MigProfile;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one container asks of GPUs: a size on each of {@code gpus} distinct GPUs of one node.
 *
 * @param size how much of each GPU
 * @param gpus over how many distinct GPUs; for whole GPUs their number
 * @param wall what may keep the tenants apart
 * @param sm the part of the multiprocessors that must be set aside on each GPU, or null for no cap
 *     and no guarantee
 * @param models names of GPU models it may run on, or empty for any
 * @param mostMiB the most memory that it may hold of each GPU, which is what a quota has counted; 0
 *     for no bound
 */
public record Demand(
    Size size, int gpus, WallChoice wall, @Nullable Milli sm, List<String> models, int mostMiB) {

  /** No server has more; a larger number is a typing error. */
  public static final int MOST_GPUS = 64;

  public Demand {
    models = List.copyOf(models);
    if (gpus < 1 || gpus > MOST_GPUS) {
      throw new IllegalArgumentException(
          "The number of GPUs ("
              + gpus
              + ") must be between 1 and "
              + MOST_GPUS
              + ".\nMaybe ask for fewer per pod and run more pods.");
    }
    if (size instanceof Size.Whole && wall != WallChoice.ANY) {
      throw new IllegalArgumentException(
          "The wall ("
              + wall.word()
              + ") makes no sense for whole GPUs, which are not shared.\n"
              + "Maybe ask for memory instead, or leave the wall out.");
    }
    if (size instanceof Size.Whole && sm != null) {
      throw new IllegalArgumentException(
          "The SM share ("
              + sm
              + ") makes no sense for whole GPUs, which come with all of theirs.\nLeave it out.");
    }
    if (size instanceof Size.Profile profile && wall == WallChoice.MPS) {
      throw new IllegalArgumentException(
          "The MIG profile ("
              + profile.name()
              + ") contradicts the wall (mps).\nAsk for memory, or for the wall mig.");
    }
    if (mostMiB < 0) {
      throw new IllegalArgumentException(
          "The most memory (" + mostMiB + ") must not be negative.\nLeave it out for no bound.");
    }
    for (String model : models) {
      if (model.isBlank()) {
        throw new IllegalArgumentException(
            "The list of GPU models ("
                + models
                + ") has an empty name.\nMaybe a comma too many in kerf.gpu/models.");
      }
    }
  }

  /** Without a bound on what it may hold. */
  public Demand(Size size, int gpus, WallChoice wall, @Nullable Milli sm, List<String> models) {
    this(size, gpus, wall, sm, models, 0);
  }

  public static Demand memory(MemoryMiB amount) {
    return new Demand(new Size.Memory(amount), 1, WallChoice.ANY, null, List.of());
  }

  public static Demand fraction(Milli part) {
    return new Demand(new Size.Fraction(part), 1, WallChoice.ANY, null, List.of());
  }

  public static Demand profile(String name) {
    return new Demand(new Size.Profile(name), 1, WallChoice.MIG, null, List.of());
  }

  public static Demand whole(int gpus) {
    return new Demand(new Size.Whole(), gpus, WallChoice.ANY, null, List.of());
  }

  /** Whether it may run on GPUs of a model. */
  public boolean accepts(GpuModel model) {
    return models.isEmpty() || models.contains(model.name());
  }

  /** Whether so much memory of one GPU is more than it may hold. */
  public boolean exceeds(int memoryMiB) {
    return mostMiB > 0 && memoryMiB > mostMiB;
  }

  /**
   * The memory that it asks for on a GPU with so much to share: a fraction is of what is there. 0
   * where the demand is not for an amount of memory.
   */
  public int memoryMiB(int shareableMiB) {
    if (size instanceof Size.Memory memory) {
      return memory.amount().value();
    }
    return size instanceof Size.Fraction fraction
        ? Math.max(1, fraction.part().of(shareableMiB))
        : 0;
  }

  /**
   * The MIG profiles of a model that serve it: the one that it names; all with the memory and the
   * multiprocessors that it asks for; for a part of a GPU, all that are that part of it or more.
   */
  public List<MigProfile> profilesOn(GpuModel model) {
    return ServingProfiles.of(this, model);
  }

  /**
   * Whether the slots for this demand serve another one as well: on as many GPUs or more, at least
   * as large, behind a wall and on models that the other one accepts.
   */
  public boolean covers(Demand other) {
    return gpus >= other.gpus
        && size.covers(other.size)
        && (other.wall == WallChoice.ANY || other.wall == wall)
        && smMilli() >= other.smMilli()
        && (other.models.isEmpty() || (!models.isEmpty() && other.models.containsAll(models)));
  }

  /** The part of the multiprocessors that is set aside on each GPU, in thousandths; 0 if none. */
  public int smMilli() {
    return sm == null ? 0 : sm.value();
  }

  /** The same total memory divided over so many distinct GPUs; other sizes are per GPU already. */
  public Demand splitOver(int parts) {
    Size part =
        size instanceof Size.Memory memory ? memory.with(memory.amount().dividedBy(parts)) : size;
    return new Demand(part, parts, wall, sm, models, mostMiB);
  }

  public Demand withWall(WallChoice choice) {
    return new Demand(size, gpus, choice, sm, models, mostMiB);
  }

  public Demand withSm(Milli share) {
    return new Demand(size, gpus, wall, share, models, mostMiB);
  }

  public Demand onModels(List<String> names) {
    return new Demand(size, gpus, wall, sm, names, mostMiB);
  }

  /**
   * The same with a bound on what it may hold of each GPU.
   *
   * @param memoryMiB 0 for no bound
   */
  public Demand holdingAtMost(int memoryMiB) {
    return new Demand(size, gpus, wall, sm, models, memoryMiB);
  }
}
