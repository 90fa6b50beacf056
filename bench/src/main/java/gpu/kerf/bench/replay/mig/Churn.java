package gpu.kerf.bench.replay.mig;

import gpu.kerf.bench.replay.Playing;
import gpu.kerf.model.placement.Placement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A stream of requests for MIG profiles, one per slot of time, that together ask for about as much
 * as the GPUs have.
 *
 * <p>The first T0 requests are as many as it takes to ask for every memory slice once. There are 5
 * T0 requests; each stays for 1 to 2 T0 slots, if it is accepted, and is lost if it is not. The
 * results count from slot 2 T0 on, when arrivals and departures are in balance.
 *
 * <p>One {@link Random} draws all profiles first, and then all stays.
 */
final class Churn {

  private static final int LENGTH = 5;
  private static final int SETTLED = 2;

  private final int gpus;
  private final int[] profiles;
  private final int[] stays;
  private final int settled;

  /**
   * How it went from slot 2 T0 on.
   *
   * @param used memory slices held, summed over the slots
   */
  record Outcome(long used, int slots, int accepted) {
    double memoryUtilPercent(int gpus) {
      return 100.0 * used / slots / ((long) gpus * Card.SLICES);
    }

    double acceptancePercent() {
      return 100.0 * accepted / slots;
    }
  }

  Churn(int gpus, ProfileMix mix, long seed) {
    this.gpus = gpus;
    Random random = new Random(seed);
    List<Integer> drawn = new ArrayList<>();
    for (long asked = 0; asked < (long) gpus * Card.SLICES; ) {
      int profile = mix.profileAt(random.nextDouble());
      drawn.add(profile);
      asked += Card.size(profile);
    }
    int once = drawn.size();
    while (drawn.size() < LENGTH * once) {
      drawn.add(mix.profileAt(random.nextDouble()));
    }
    this.profiles = drawn.stream().mapToInt(Integer::intValue).toArray();
    this.stays = new int[profiles.length];
    for (int i = 0; i < stays.length; i++) {
      stays[i] = 1 + random.nextInt(2 * once);
    }
    this.settled = SETTLED * once;
  }

  /** The number of requests. */
  int length() {
    return profiles.length;
  }

  /** Plays the stream under a policy. */
  Outcome play(Playing playing) {
    Placement[] placements = new Placement[profiles.length];
    return play(
        request -> {
          playing.arrive(Card.demand(profiles[request]), request);
          placements[request] = playing.place(Card.demand(profiles[request]), request);
          return placements[request] != null;
        },
        (request, now) -> leave(playing, request, placements[request], now));
  }

  private void leave(Playing playing, int request, @Nullable Placement placement, int now) {
    if (placement != null) {
      playing.leave(Card.demand(profiles[request]), placement, now);
    }
  }

  /** Plays the stream as if everything could be moved at any time for nothing. */
  Outcome playWithFreeRepacking() {
    int[] held = new int[Card.PROFILES];
    return play(
        request -> {
          held[profiles[request]]++;
          boolean fits = Repack.fits(held, gpus);
          held[profiles[request]] -= fits ? 0 : 1;
          return fits;
        },
        (request, now) -> held[profiles[request]]--);
  }

  private interface Leaving {
    void leave(int request, int now);
  }

  private Outcome play(IntPredicate accept, Leaving leaving) {
    List<List<Integer>> ends = new ArrayList<>();
    for (int i = 0; i < profiles.length; i++) {
      ends.add(new ArrayList<>());
    }
    long held = 0;
    long used = 0;
    int accepted = 0;
    for (int now = 0; now < profiles.length; now++) {
      for (int request : ends.get(now)) {
        held -= Card.size(profiles[request]);
        leaving.leave(request, now);
      }
      if (accept.test(now)) {
        held += Card.size(profiles[now]);
        accepted += now >= settled ? 1 : 0;
        if (now + stays[now] < profiles.length) {
          ends.get(now + stays[now]).add(now);
        }
      }
      used += now >= settled ? held : 0;
    }
    return new Outcome(used, profiles.length - settled, accepted);
  }
}
