package gpu.kerf.model.placement;

import gpu.kerf.model.demand.Wall;
import gpu.kerf.model.hardware.MigProfile;

/** A concrete part of one GPU of a node. */
public sealed interface Slot {

  /** The index of the GPU on its node. */
  int gpu();

  /** The memory that is held, in MiB. */
  int memoryMiB();

  /** What keeps it apart from its neighbours on the GPU. */
  Wall wall();

  /** A GPU with no other pod on it. */
  record Whole(int gpu, int memoryMiB) implements Slot {
    public Whole {
      refuseNonsense(gpu, memoryMiB);
    }

    @Override
    public Wall wall() {
      return Wall.NONE;
    }
  }

  /** A MIG instance of a profile; {@code start} counts memory slices. */
  record Mig(int gpu, MigProfile profile, int start, int memoryMiB) implements Slot {
    public Mig {
      refuseNonsense(gpu, memoryMiB);
      if (start < 0 || start > 31 || !profile.startsAt(start)) {
        throw new IllegalArgumentException(
            "The MIG profile "
                + profile.name()
                + " cannot start at slice ("
                + start
                + ").\nMaybe the start counts the driver's placement units.");
      }
    }

    public Mig(int gpu, MigProfile profile, int start) {
      this(gpu, profile, start, profile.memoryMiB());
    }

    public int mask() {
      return profile.maskAt(start);
    }

    @Override
    public Wall wall() {
      return Wall.MIG;
    }
  }

  /**
   * An MPS share: pinned memory, and the multiprocessors set aside for it in thousandths (0: no
   * cap, no guarantee).
   */
  record Share(int gpu, int memoryMiB, int smMilli) implements Slot {
    public Share {
      refuseNonsense(gpu, memoryMiB);
      if (smMilli < 0 || smMilli > 1000) {
        throw new IllegalArgumentException(
            "The SM share ("
                + smMilli
                + ") must be between 0 and 1000 thousandths.\nMaybe it was written in percent.");
      }
    }

    @Override
    public Wall wall() {
      return Wall.MPS;
    }
  }

  private static void refuseNonsense(int gpu, int memoryMiB) {
    if (gpu < 0 || gpu >= 64) {
      throw new IllegalArgumentException(
          "The GPU index ("
              + gpu
              + ") must be between 0 and 63.\nIndexes begin at 0 on every node.");
    }
    if (memoryMiB < 1) {
      throw new IllegalArgumentException(
          "The memory of a slot ("
              + memoryMiB
              + "Mi) must be positive.\nA slot that holds nothing is left out.");
    }
  }
}
