package gpu.kerf.model.analysis;

import gpu.kerf.model.hardware.GpuModel;
import gpu.kerf.model.hardware.MediaEngines;
import gpu.kerf.model.hardware.MigProfile;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether a set of MIG instances fits on so many GPUs of one model if each may lie where it likes:
 * a closed form for the layout of eight memory slices that the large data-centre GPUs since A100
 * share.
 *
 * <p>A GPU that is not taken whole has a left half (slices 0-3) and a right half (4-7). The left
 * one holds a {@code 4g}, a {@code 3g} or two pairs of slices; the right one a {@code 3g}, or a
 * pair and a short pair, for nothing starts at slice 7. A pair holds a {@code 2g}, a {@code 1g} of
 * double memory, or two {@code 1g}; a short pair a {@code 1g} of double memory or one {@code 1g}.
 * So {@code 3g} go to right halves first, where they cost least, and what may lie on a short pair
 * goes there first. Equal to exhaustive search over all sets on one to three GPUs.
 *
 * <p>A {@code 1g+me} is a {@code 1g} of which a GPU has at most one, and a GPU with both halves
 * taken has none. As many as {@code 2g} leave pairs for lie on pairs of their own, whose other
 * slice a {@code 1g} can use; the others take short pairs. Which way it is makes no difference to
 * the slices that are left, but a short pair serves a {@code 1g} of double memory at half the
 * price.
 *
 * <p>Counts are indexed like the model's profiles. All questions but {@link #fewestGpus} take
 * constant time and allocate nothing.
 */
public final class MigFit {

  private static final int SLICES = 8;

  /** What decides where instances of a profile can lie. */
  private enum Shape {
    ONE(1, 0b1111111),
    ONE_WITH_MEDIA(1, 0b1111111),
    ANY_PAIR(2, 0b1010101),
    LOW_PAIR(2, 0b10101),
    HALF(4, 0b10001),
    LEFT_HALF(4, 0b1),
    GPU(8, 0b1);

    private final int size;
    private final int starts;

    Shape(int size, int starts) {
      this.size = size;
      this.starts = starts;
    }

    private boolean isOf(MigProfile profile) {
      boolean once = profile.media() == MediaEngines.EXTENDED;
      return profile.size() == size
          && profile.starts() == starts
          && once == (this == ONE_WITH_MEDIA)
          && (once || profile.media() == MediaEngines.ORDINARY);
    }
  }

  private final @Nullable Shape[] shapes;

  private MigFit(GpuModel model) {
    List<MigProfile> profiles = model.profiles();
    this.shapes = new Shape[profiles.size()];
    Arrays.setAll(shapes, profile -> shapeOf(profiles.get(profile)));
  }

  private static @Nullable Shape shapeOf(MigProfile profile) {
    for (Shape shape : Shape.values()) {
      if (shape.isOf(profile)) {
        return shape;
      }
    }
    return null;
  }

  /** Whether the closed form holds for a model. */
  public static boolean appliesTo(GpuModel model) {
    return model.slices() == SLICES
        && model.profiles().stream().allMatch(profile -> shapeOf(profile) != null);
  }

  public static MigFit of(GpuModel model) {
    if (!appliesTo(model)) {
      throw new IllegalArgumentException(
          "The MIG layout of a "
              + model.name()
              + " is not the one of eight slices that the closed form is about.\n"
              + "Maybe ask MigPacking, which searches.");
    }
    return new MigFit(model);
  }

  /** Whether these instances fit on so many GPUs. */
  public boolean fits(int[] counts, int gpus) {
    return fits(counts, -1, gpus);
  }

  /** Whether these instances and one more fit on so many GPUs after everything is moved. */
  public boolean fitsWith(int[] counts, MigProfile request, int gpus) {
    return fits(counts, request.index(), gpus);
  }

  /** On how few GPUs these instances fit. */
  public int fewestGpus(int[] counts) {
    long few = 0;
    long enough = 0;
    for (int count : counts) {
      enough += count;
    }
    while (few < enough) {
      long middle = (few + enough) / 2;
      if (fits(counts, -1, middle)) {
        enough = middle;
      } else {
        few = middle + 1;
      }
    }
    return Math.toIntExact(few);
  }

  private boolean fits(int[] counts, int oneMore, long gpus) {
    long cut = gpus - count(Shape.GPU, counts, oneMore);
    long halves = count(Shape.HALF, counts, oneMore);
    long right = Math.min(halves, cut);
    long left = halves - right + count(Shape.LEFT_HALF, counts, oneMore);
    if (cut < 0 || left > cut) {
      return false;
    }
    long shortPairs = cut - right;
    long pairs = 2 * (cut - left) + shortPairs - count(Shape.LOW_PAIR, counts, oneMore);
    long media = count(Shape.ONE_WITH_MEDIA, counts, oneMore);
    long full = Math.max(0, right + left - cut);
    if (pairs < 0 || media > cut - full) {
      return false;
    }
    long onPairs = Math.min(media, pairs);
    pairs -= onPairs;
    shortPairs -= media - onPairs;
    if (shortPairs < 0) {
      return false;
    }
    long double1g = count(Shape.ANY_PAIR, counts, oneMore);
    long onShort = Math.min(double1g, shortPairs);
    pairs -= double1g - onShort;
    long singles = 2 * pairs + shortPairs - onShort + onPairs;
    return pairs >= 0 && count(Shape.ONE, counts, oneMore) <= singles;
  }

  private long count(Shape shape, int[] counts, int oneMore) {
    long sum = 0;
    for (int profile = 0; profile < shapes.length; profile++) {
      if (shapes[profile] == shape) {
        sum += counts[profile] + (profile == oneMore ? 1 : 0);
      }
    }
    return sum;
  }
}
