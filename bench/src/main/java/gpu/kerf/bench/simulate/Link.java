package gpu.kerf.bench.simulate;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** The current state of the connection between one replica and the API server. */
final class Link {
  private final SplittableRandom random;
  private final Map<ObjectKind, Long> slow = new EnumMap<>(ObjectKind.class);
  private final List<ReplicaStream> streams = new ArrayList<>();

  /** No request gets through; streams are broken. */
  boolean cut;

  /** Of a thousand Bindings, how many get no answer, or a late one. */
  int lostBindings;

  /** Of a thousand Bindings, how many are carried out long after the answer was given up. */
  int lateBindings;

  /** Of a thousand evictions, how many get no answer, or a late one. */
  int lostEvictions;

  /** Of a thousand removals of gates, how many get no answer. */
  int lostGates;

  /** Of a thousand removals of gates, how many another plugin refuses. */
  int refusedGates;

  /** Of a thousand writes of claims, how many get no answer. */
  int lostClaims;

  /** Of a thousand writes of claims, how many are carried out long after they were given up. */
  int lateClaims;

  /** Of a thousand writes of claims, how many a quota, a policy or a conflict refuses. */
  int refusedClaims;

  /** Of a thousand requests, how many are refused by a server that has trouble. */
  int errors;

  Link(SplittableRandom random) {
    this.random = random;
  }

  SplittableRandom random() {
    return random;
  }

  /** From half a millisecond to four. */
  long latency() {
    return 500_000 + random.nextLong(3_500_000);
  }

  long streamLatency(ObjectKind kind) {
    long extra = slow.getOrDefault(kind, 0L);
    return latency() + (extra == 0 ? 0 : random.nextLong(extra));
  }

  /** Events of a kind take up to so long. */
  void slow(ObjectKind kind, long nanos) {
    slow.put(kind, nanos);
  }

  boolean draws(int ofThousand) {
    return ofThousand > 0 && random.nextInt(1000) < ofThousand;
  }

  void opened(ReplicaStream stream) {
    streams.add(stream);
  }

  void closed(ReplicaStream stream) {
    streams.remove(stream);
  }

  /** Breaks the streams that are open. */
  void breakStreams() {
    List.copyOf(streams).forEach(ReplicaStream::breakOff);
  }

  /** Breaks the streams of one kind, or silences them. */
  void disturb(ObjectKind kind, boolean silently) {
    for (ReplicaStream each : List.copyOf(streams)) {
      if (each.shows(kind) && silently) {
        each.fallSilent();
      } else if (each.shows(kind)) {
        each.breakOff();
      }
    }
  }

  /** The streams that are open say nothing more, and neither side notices. */
  void silenceStreams() {
    streams.forEach(ReplicaStream::fallSilent);
  }

  /** All is well again. */
  void heal() {
    cut = false;
    lostBindings = 0;
    lateBindings = 0;
    lostEvictions = 0;
    lostGates = 0;
    refusedGates = 0;
    lostClaims = 0;
    lateClaims = 0;
    refusedClaims = 0;
    errors = 0;
    slow.clear();
  }
}
