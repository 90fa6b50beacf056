package gpu.kerf.model.hardware;

/**
 * What a MIG profile takes of the media engines (decoders, encoders, JPEG, optical flow), read from
 * the suffix of its name. It is the one thing besides memory slices that decides whether two
 * instances can live on a GPU together.
 *
 * <p>What the instances of a GPU hold together is the bitwise or of their {@link #held()}; {@link
 * #fitsBeside(int)} tells whether one more may join.
 */
public enum MediaEngines {
  /** The profile's even share: a plain profile or {@code +gfx}. */
  ORDINARY("", 1, 4),
  /** {@code +me}: the engines that exist once per GPU, so at most one such instance. */
  EXTENDED("+me", 2, 2 | 4),
  /** {@code +me.all}: every media engine, so nothing beside it but {@code -me} instances. */
  ALL("+me.all", 4, 1 | 2 | 4),
  /** {@code -me}: no media engine at all. */
  NONE("-me", 0, 0);

  private final String suffix;
  private final int held;
  private final int excludes;

  MediaEngines(String suffix, int held, int excludes) {
    this.suffix = suffix;
    this.held = held;
    this.excludes = excludes;
  }

  /** The bit an instance contributes to what its GPU holds; 0 for {@link #NONE}. */
  public int held() {
    return held;
  }

  /** The bits that no other instance on the GPU may hold beside it. */
  public int excludes() {
    return excludes;
  }

  /**
   * Whether an instance with these engines may join a GPU whose instances hold {@code mediaHeld}.
   */
  public boolean fitsBeside(int mediaHeld) {
    return (mediaHeld & excludes) == 0;
  }

  /** Whether a GPU can hold one such instance at most, however small it is. */
  public boolean oncePerGpu() {
    return (held & excludes) != 0;
  }

  static MediaEngines ofName(String profileName) {
    for (MediaEngines media : new MediaEngines[] {ALL, EXTENDED, NONE}) {
      if (profileName.endsWith(media.suffix)) {
        return media;
      }
    }
    return ORDINARY;
  }
}
